#include "kernels/data_sheet.h"

#include <algorithm>
#include <iterator>

namespace lehr {
namespace {

/// Multiply-adds a clock of one multiprocessor.
struct Rates {
  int capability;  ///< 90 is 9.0
  double f32, bf16;
  double tensor_clock = 1;  ///< of the highest clock, where the sheet counts tensor cores at a lower one
};
/// H100's and H200's sheets: 67 TFLOP/s of float32 at 1.98 GHz, 989 of bfloat16 at 1.83.
constexpr double hopper = 1.83 / 1.98;
constexpr Rates known[] = {{75, 64, 0},      {80, 64, 1024},   {86, 128, 512}, {87, 128, 512}, {89, 128, 512}, {90, 128, 2048, hopper},
                           {100, 128, 4096}, {103, 128, 4096}, {120, 128, 512}};

}  // namespace

double data_sheet_flops(const CudaDevice& device, double hertz, DType dtype, bool tf32) {
  const int capability = 10 * device.capability_major + device.capability_minor;
  const auto* rates = std::ranges::find(known, capability, &Rates::capability);
  if (rates == std::end(known)) return 0;
  const double tensor = rates->tensor_clock * (dtype == DType::bf16 ? rates->bf16 : (tf32 ? rates->bf16 / 2 : 0.0));
  return 2 * std::max(tensor, rates->f32) * device.multiprocessors * hertz;
}

}  // namespace lehr
