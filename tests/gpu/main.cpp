#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "kernels/cuda.h"

int main(int argc, char** argv) {
  const lehr::CudaMachine machine = lehr::cuda_machine();
  if (machine.devices.empty()) {
    std::printf("skipped: no GPU: %s\n", machine.missing.c_str());
    return 77;  // ctest's SKIP_RETURN_CODE
  }
  const lehr::CudaDevice& gpu = machine.devices.front();
  std::printf("%s, compute capability %d.%d, driver for CUDA %d.%d\n", gpu.name.c_str(), gpu.capability_major, gpu.capability_minor,
              gpu.driver_version / 1000, gpu.driver_version % 1000 / 10);
  return doctest::Context(argc, argv).run();
}
