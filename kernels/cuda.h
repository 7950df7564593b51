// cuda.h: an NVIDIA GPU as a backend: memory, one stream, copies, captured graphs. It knows no operation: those are `make_on(Cuda&, spec)`
// (make.h). Built twice: over the CUDA runtime (kernels/cuda/backend.cpp) and over the executor that runs kernels on a CPU
// (kernels/simt/backend.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/backend.h"
#include "kernels/devices.h"

struct CUstream_st;  // cudaStream_t is a pointer to it

namespace lehr {

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

/// What is open of them (kernels/cuda/libraries.h).
struct CudaLibraries;

class Cuda final : public Backend {
 public:
  /// Throws Error{device} where there is no such device, and says what is missing.
  explicit Cuda(int device = 0, const CudaChoices& choices = {});
  ~Cuda() override;
  /// cuDNN and cuBLASLt for convolutions and products prepared from now on; before, our own kernels do them. What is absent is said in one
  /// line; throws Error{device} where the choices ask for it.
  std::string open_libraries();
  const CudaLibraries* libraries() const { return libraries_.get(); }  ///< empty: none were opened
  const CudaChoices& choices() const { return choices_; }
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
  CudaChoices choices_;
  CudaCounters counters_;
  CudaStream stream_{counters_};
  bool recording_ = false;
  std::shared_ptr<CudaLibraries> libraries_;  // they hold the stream
};

/// Throws Error{device} that names the first missing thing: driver, device, memory.
[[noreturn]] void no_cuda_device(int wanted, const CudaMachine& machine);

}  // namespace lehr
