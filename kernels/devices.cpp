#include "kernels/devices.h"

#include <charconv>
#include <string_view>

#include "kernels/cpu.h"
#include "kernels/error.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr {
namespace {

/// The index in `cuda:INDEX`, 0 in `cuda`.
int index_of(const std::string& device) {
  constexpr std::string_view prefix = "cuda:";
  int index = 0;
  if (device == "cuda") return 0;
  if (device.starts_with(prefix)) {
    const char *begin = device.data() + prefix.size(), *end = device.data() + device.size();
    const auto [stop, error] = std::from_chars(begin, end, index);
    if (error == std::errc() && stop == end && index >= 0) return index;
  }
  throw Error({.category = Category::usage,
               .where = "--device",
               .what = "unknown device",
               .expected = "auto, cpu, cuda or cuda:INDEX",
               .got = device});
}

#ifdef LEHR_WITH_CUDA

OpenedDevice gpu(int index, const CudaChoices& choices) {
  auto cuda = std::make_shared<Cuda>(index, choices);
  std::string note = cuda->open_libraries();
  return {std::move(cuda), std::move(note)};
}
OpenedDevice first_gpu_or_cpu(int threads, const CudaChoices& choices) {
  const CudaMachine machine = cuda_machine();
  std::string why = machine.missing;
  if (!machine.devices.empty()) try {
      return gpu(0, choices);
    } catch (const Error& error) {
      if (choices.convolutions == Variant::library) throw;
      why = error.info().what + (error.info().got.empty() ? "" : ": " + error.info().got);
    }
  return {std::make_shared<Cpu>(threads), "no GPU is used: " + why};
}
OpenedDevice gpu(const std::string& device, const CudaChoices& choices) { return gpu(index_of(device), choices); }

#else

OpenedDevice first_gpu_or_cpu(int threads, const CudaChoices&) { return {std::make_shared<Cpu>(threads)}; }
OpenedDevice gpu(const std::string& device, const CudaChoices&) {
  index_of(device);
  throw Error({.category = Category::device,
               .where = "--device " + device,
               .what = "no GPU can be used",
               .expected = "a build with the CUDA toolkit",
               .got = cuda_machine().missing,
               .hint = "--device cpu runs on the processor."});
}

#endif

}  // namespace

#ifdef LEHR_WITH_CUDA
bool with_cuda() { return true; }
#else
bool with_cuda() { return false; }
std::vector<DeviceLibrary> cuda_libraries() { return {}; }
CudaMachine cuda_machine() { return {.devices = {}, .missing = "this build has no CUDA backend"}; }
#endif

OpenedDevice open_device(const std::string& device, int threads, const CudaChoices& choices) {
  if (device == "cpu") return {std::make_shared<Cpu>(threads)};
  if (device == "auto") return first_gpu_or_cpu(threads, choices);
  return gpu(device, choices);
}

}  // namespace lehr
