// cuda.h: an NVIDIA GPU as a backend: memory, one stream, copies, captured graphs. It knows no operation: those are `make_on(Cuda&, spec)`
// (make.h). Built twice: over the CUDA runtime (kernels/cuda/backend.cpp) and over the executor that runs kernels on a CPU
// (kernels/simt/backend.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"

struct CUstream_st;  // cudaStream_t is a pointer to it

namespace lehr {

/// One device as the driver describes it.
struct CudaDevice {
  int index = 0;
  std::string name = {};
  std::size_t memory = 0, free_memory = 0;  ///< bytes
  int capability_major = 0, capability_minor = 0;
  int multiprocessors = 0;
  std::size_t l2_bytes = 0, shared_per_block = 0;  ///< shared memory that a kernel may ask for
  int driver_version = 0, runtime_version = 0;     ///< 13000 is 13.0
};

/// What this machine has. Without a driver or a GPU the list is empty and `missing` says why; it never throws.
struct CudaMachine {
  std::vector<CudaDevice> devices = {};
  std::string missing = {};
};
CudaMachine cuda_machine();

/// What a backend was asked to do since it was made: tests read it.
struct CudaCounters {
  std::int64_t launches = 0;  ///< kernels started one by one, or recorded
  std::int64_t graph_launches = 0;
  std::int64_t host_copies = 0;  ///< between host and device, either way
  std::int64_t device_copies = 0;
  std::int64_t allocations = 0;
};

class CudaStream final : public Stream {
 public:
  explicit CudaStream(CudaCounters& counters) : counters_(&counters) {}
  void synchronize() override;  ///< throws Error{device} for whatever failed since the last time
  CUstream_st* handle() const { return handle_; }
  CudaCounters& counters() { return *counters_; }

 private:
  friend class Cuda;
  CUstream_st* handle_ = nullptr;
  CudaCounters* counters_;
};
/// Operations get a Stream&; those of this backend know which.
inline CudaStream& cuda_stream(Stream& stream) { return static_cast<CudaStream&>(stream); }

class Cuda final : public Backend {
 public:
  /// Throws Error{device} where there is no such device, and says what is missing.
  explicit Cuda(int device = 0);
  ~Cuda() override;
  const CudaDevice& device() const { return device_; }
  CudaCounters& counters() { return counters_; }

  DeviceKind kind() const override { return DeviceKind::cuda; }
  std::string name() const override;
  std::size_t alignment() const override { return 256; }
  std::size_t free_memory() const override;
  void enter() override;
  Stream& stream() override { return stream_; }
  void copy_in(void* device, const void* host, std::size_t bytes) override;
  void copy_out(void* host, const void* device, std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  void zero(void* device, std::size_t bytes) override;
  std::unique_ptr<Recording> record(const std::function<void()>& work) override;

  bool recording() const { return recording_; }

 private:
  void* allocate(std::size_t bytes) override;
  void release(void* data, std::size_t bytes) noexcept override;

  CudaDevice device_;
  CudaCounters counters_;
  CudaStream stream_{counters_};
  bool recording_ = false;
};

/// Throws Error{device} that names the first missing thing: driver, device, memory.
[[noreturn]] void no_cuda_device(int wanted, const CudaMachine& machine);

}  // namespace lehr
