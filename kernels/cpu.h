// cpu.h: the CPU as a backend. Threads are OpenMP's (oneDNN's pool and ours are one); their number is fixed when the backend is made.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "kernels/backend.h"

namespace lehr {

/// What the processor can do, read at run time.
struct CpuFeatures {
  bool avx2 = false, avx512 = false, avx512_bf16 = false, amx_bf16 = false;
  std::string model = {};  ///< as /proc/cpuinfo names it
};
CpuFeatures cpu_features();

/// Whether this build has oneDNN for convolutions and products.
bool with_onednn();

/// Affinity and cgroup quota, never the load: bits must not depend on what else runs.
int default_threads();

/// Bytes that this process may use: the machine's, or the cgroup's limit; never what happens to be free.
std::size_t memory_limit();

class Cpu final : public Backend {
 public:
  /// threads 0: default_threads(). Throws Error{usage} for a negative count.
  explicit Cpu(int threads = 0);
  int threads() const { return threads_; }

  DeviceKind kind() const override { return DeviceKind::cpu; }
  std::string name() const override;
  std::size_t alignment() const override { return 64; }
  std::size_t free_memory() const override;
  void enter() override;
  Stream& stream() override { return stream_; }
  void copy_in(void* device, const void* host, std::size_t bytes) override;
  void copy_out(void* host, const void* device, std::size_t bytes) override;
  void copy(void* to, const void* from, std::size_t bytes) override;
  void zero(void* device, std::size_t bytes) override;

 private:
  void* allocate(std::size_t bytes) override;
  void release(void* data, std::size_t bytes) noexcept override;
  struct Immediate final : Stream {
    void synchronize() override {}
  };
  int threads_;
  std::atomic<std::size_t> held_ = 0;  ///< bytes
  Immediate stream_;
};

}  // namespace lehr
