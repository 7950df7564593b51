#include "kernels/device_facts.h"

#include "kernels/error.h"
#include "kernels/roofline.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr {
namespace {

constexpr double seconds = 0.2;

CpuFacts facts_of(Cpu& cpu) {
  cpu.enter();
  return {.name = cpu.name(),
          .features = cpu_features(),
          .threads = cpu.threads(),
          .free_memory = cpu.free_memory(),
          .bandwidth = measure_bandwidth(cpu, seconds, beyond_caches)};
}

GpuFacts facts_of(const CudaDevice& device, int threads) {
  GpuFacts gpu{.device = device};
  try {
    OpenedDevice opened = open_device("cuda:" + std::to_string(device.index), threads);
#ifdef LEHR_WITH_CUDA
    gpu.programs = programs(static_cast<const Cuda&>(*opened.backend));
#endif
    gpu.note = std::move(opened.note);
    gpu.bandwidth = measure_copy_bandwidth(*opened.backend, seconds, beyond_caches);
  } catch (const Error& error) {
    gpu.missing = error.info().what + (error.info().got.empty() ? "" : ": " + error.info().got);
  }
  return gpu;
}

}  // namespace

DeviceFacts device_facts(const std::string& device, int threads) {
  DeviceFacts facts;
  facts.chosen =
      open_device(device, threads).backend->kind() == DeviceKind::cpu ? "cpu" : (device.starts_with("cuda:") ? device : "cuda:0");
  Cpu cpu(threads);
  facts.cpu = facts_of(cpu);
  const CudaMachine machine = cuda_machine();
  facts.cuda_missing = machine.missing;
  for (const CudaDevice& gpu : machine.devices) facts.gpus.push_back(facts_of(gpu, threads));
  facts.libraries = cuda_libraries();
  return facts;
}

}  // namespace lehr
