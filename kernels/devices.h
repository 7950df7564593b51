// devices.h: which devices this build and this machine have, and the one that `--device` names. The backends themselves are in cpu.h and
// cuda.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/variant.h"

namespace lehr {

/// One GPU as its driver describes it.
struct CudaDevice {
  int index = 0;
  std::string name = {};
  std::size_t memory = 0, free_memory = 0;  ///< bytes
  int capability_major = 0, capability_minor = 0;
  int multiprocessors = 0;
  std::size_t l2_bytes = 0, shared_per_block = 0;  ///< shared memory that a kernel may ask for
  int driver_version = 0, runtime_version = 0;     ///< 13000 is 13.0
};

/// What this machine has. Without a driver or a GPU, or in a build for the CPU alone, the list is empty and `missing` says why; it never
/// throws.
struct CudaMachine {
  std::vector<CudaDevice> devices = {};
  std::string missing = {};
};
CudaMachine cuda_machine();

/// A vendor's library as this machine has it.
struct DeviceLibrary {
  std::string name = {}, version = {}, file = {};
  std::string missing = {};  ///< why it cannot be used; empty where it can
};
std::vector<DeviceLibrary> cuda_libraries();  ///< cuDNN, cuBLASLt, NCCL; empty in a build for the CPU alone

/// Whether this build has the CUDA backend.
bool with_cuda();

/// What is asked of a GPU beside its use: --conv, --autotune, --fast.
struct CudaChoices {
  Variant convolutions = Variant::automatic;  ///< library: by cuDNN or not at all; ours: without it
  bool autotune = false;                      ///< cuDNN's engines by measurement, remembered for the next run
  bool fast = false;                          ///< also engines that do not repeat their bits
};

struct OpenedDevice {
  std::shared_ptr<Backend> backend;
  std::string note = {};  ///< one line for the user where a GPU or a library of its vendor could not be taken
};
/// `auto` (the first GPU, else the CPU), `cpu`, `cuda`, `cuda:INDEX`. Throws Error{usage} for another word and Error{device} where the GPU,
/// or the library that the choices ask for, cannot be used: it says what is missing.
OpenedDevice open_device(const std::string& device, int threads, const CudaChoices& choices = {});

}  // namespace lehr
