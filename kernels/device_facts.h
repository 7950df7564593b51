// device_facts.h: the devices of this machine with what was measured of them, and which one would be used.
#pragma once

#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/devices.h"

namespace lehr {

struct CpuFacts {
  std::string name = {};
  CpuFeatures features = {};
  int threads = 0;
  std::size_t free_memory = 0;  ///< bytes
  double bandwidth = 0;         ///< bytes per second, of memory
};
/// By what a GPU convolves and multiplies: a library with its version, or lehr's own kernels.
struct DevicePrograms {
  std::string convolutions = {}, products = {};
};
class Cuda;
DevicePrograms programs(const Cuda& cuda);  ///< in builds that have the backend

struct GpuFacts {
  CudaDevice device = {};
  double bandwidth = 0;  ///< bytes per second of a copy, read and written
  DevicePrograms programs = {};
  std::string note = {};     ///< why a library is left out; empty where none is
  std::string missing = {};  ///< why it cannot be used; empty where it can
};
struct DeviceFacts {
  CpuFacts cpu = {};
  std::vector<GpuFacts> gpus = {};
  std::string cuda_missing = {};  ///< why there is none
  std::vector<DeviceLibrary> libraries = {};
  std::string chosen = {};  ///< cpu or cuda:INDEX
};

/// `device` as open_device takes it, with its errors. Takes about half a second, and as long for each GPU.
DeviceFacts device_facts(const std::string& device, int threads);

}  // namespace lehr
