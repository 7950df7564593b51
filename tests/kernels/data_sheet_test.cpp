// Peaks of GPUs, beside what their data sheets print.
#include "kernels/data_sheet.h"

#include <doctest/doctest.h>

using namespace lehr;

namespace {

CudaDevice gpu(int major, int minor, int multiprocessors) {
  return {.capability_major = major, .capability_minor = minor, .multiprocessors = multiprocessors};
}

}  // namespace

TEST_CASE("data sheet: H100, A100, L40S and T4 as their makers count") {
  const CudaDevice h100 = gpu(9, 0, 132), a100 = gpu(8, 0, 108), l40s = gpu(8, 9, 142), t4 = gpu(7, 5, 40);
  CHECK(data_sheet_flops(h100, 1.98e9, DType::f32) == doctest::Approx(66.9e12).epsilon(0.01));
  CHECK(data_sheet_flops(h100, 1.98e9, DType::bf16) == doctest::Approx(989e12).epsilon(0.01));
  CHECK(data_sheet_flops(h100, 1.98e9, DType::f32, true) == doctest::Approx(495e12).epsilon(0.01));
  CHECK(data_sheet_flops(a100, 1.41e9, DType::f32) == doctest::Approx(19.5e12).epsilon(0.01));
  CHECK(data_sheet_flops(a100, 1.41e9, DType::bf16) == doctest::Approx(312e12).epsilon(0.01));
  CHECK(data_sheet_flops(a100, 1.41e9, DType::f32, true) == doctest::Approx(156e12).epsilon(0.01));
  CHECK(data_sheet_flops(l40s, 2.52e9, DType::bf16) == doctest::Approx(362e12).epsilon(0.02));
  CHECK(data_sheet_flops(t4, 1.59e9, DType::f32) == doctest::Approx(8.1e12).epsilon(0.01));
  CHECK(data_sheet_flops(t4, 1.59e9, DType::bf16) == data_sheet_flops(t4, 1.59e9, DType::f32));  // no bfloat16 units
}

TEST_CASE("data sheet: nothing is claimed of a GPU that is not known") {
  CHECK(data_sheet_flops(gpu(7, 0, 80), 1.5e9, DType::f32) == 0);
  CHECK(data_sheet_flops(gpu(13, 0, 80), 1.5e9, DType::bf16) == 0);
}
