#include <omp.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <sstream>

#include "kernels/cpu.h"
#include "kernels/error.h"

namespace lehr {

CpuFeatures cpu_features() {
  CpuFeatures f;
#if defined(__x86_64__)
  __builtin_cpu_init();
  f.avx2 = __builtin_cpu_supports("avx2") != 0;
  f.avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
#endif
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    if (line.starts_with("model name") && f.model.empty()) f.model = line.substr(colon + 2);
    if (line.starts_with("flags")) {
      f.avx512_bf16 = line.find(" avx512_bf16") != std::string::npos;
      f.amx_bf16 = line.find(" amx_bf16") != std::string::npos;
      break;
    }
  }
  return f;
}

bool with_onednn() {
#ifdef LEHR_WITH_ONEDNN
  return true;
#else
  return false;
#endif
}

namespace {

/// cgroup v2 `cpu.max` ("quota period" or "max period") or v1; 0 where there is no limit.
int cgroup_cpus() {
  const auto cpus = [](double quota, double period) {
    return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::floor(quota / period))) : 0;
  };
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2) {
    std::string quota;
    double period = 0;
    if (v2 >> quota >> period && quota != "max") return cpus(std::atof(quota.c_str()), period);
    return 0;
  }
  double quota = 0, period = 0;
  std::ifstream q("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), p("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (q >> quota && p >> period) return cpus(quota, period);
  return 0;
}

}  // namespace

int default_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (const int quota = cgroup_cpus(); quota > 0) n = std::min(n, quota);
  return std::max(1, n);
}

std::size_t memory_limit() {
  auto bytes = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream limit(file);
    if (std::size_t value = 0; limit >> value && value > 0) bytes = std::min(bytes, value);  // "max" is no number
  }
  return bytes;
}

namespace {
std::size_t limit_of_process() {
  static const std::size_t limit = memory_limit();
  return limit;
}
}  // namespace

// A team smaller than the one that oneDNN planned for waits for the rest for ever: never more than OMP_THREAD_LIMIT, and OMP_DYNAMIC is off.
Cpu::Cpu(int threads) : threads_(std::min(threads == 0 ? default_threads() : threads, omp_get_thread_limit())) {
  static_cast<void>(limit_of_process());  // read from files here, so that no allocation does
  if (threads < 0)
    throw Error({.category = Category::usage,
                 .where = "--threads",
                 .what = "a thread count cannot be negative",
                 .expected = "1 or more, or 0 for all",
                 .got = std::to_string(threads)});
}

std::string Cpu::name() const {
  const auto f = cpu_features();
  std::ostringstream out;
  out << (f.model.empty() ? "CPU" : f.model) << ", " << threads_ << (threads_ == 1 ? " thread" : " threads");
  return out.str();
}

std::size_t Cpu::free_memory() const {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("MemAvailable:")) return static_cast<std::size_t>(std::strtoull(line.c_str() + 13, nullptr, 10)) * 1024;
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void Cpu::enter() {
  omp_set_dynamic(0);
  omp_set_num_threads(threads_);
}

void Cpu::copy_in(void* device, const void* host, std::size_t bytes) {
  if (bytes != 0) std::memcpy(device, host, bytes);
}
void Cpu::copy_out(void* host, const void* device, std::size_t bytes) {
  if (bytes != 0) std::memcpy(host, device, bytes);
}
void Cpu::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) std::memmove(to, from, bytes);
}
void Cpu::zero(void* device, std::size_t bytes) {
  if (bytes != 0) std::memset(device, 0, bytes);
}

namespace {

// What is large has pages of its own. On the heap an aligned block leaves a hole that the next one of its size does not fit into as soon as a few
// bytes of something longer-lived lie at its edge: a search over 1,000 trials grew by 11 kB a trial, its 92 kB of samples each time beside the hole
// of the last. Sanitizers see the edges of heap blocks only.
#ifdef LEHR_SANITIZED
constexpr std::size_t own_pages = SIZE_MAX;
#else
constexpr std::size_t own_pages = std::size_t{16} << 10U;
#endif

void* new_memory(std::size_t bytes, std::size_t alignment) {
  if (bytes < own_pages) return ::operator new(bytes, std::align_val_t{alignment}, std::nothrow);
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}
void delete_memory(void* data, std::size_t bytes, std::size_t alignment) noexcept {
  if (bytes < own_pages)
    ::operator delete(data, std::align_val_t{alignment});
  else
    ::munmap(data, bytes);
}

}  // namespace

// A machine that lends more memory than it has ends the program without a word; so no more is asked for than this process may use.
void* Cpu::allocate(std::size_t bytes) {
  const std::size_t limit = limit_of_process();
  void* data = bytes > limit || held_ > limit - bytes ? nullptr : new_memory(bytes, alignment());
  if (data == nullptr)
    throw Error({.category = Category::device,
                 .where = name(),
                 .what = "out of memory",
                 .expected = std::to_string(bytes) + " bytes",
                 .got = std::to_string(free_memory()) + " bytes free",
                 .hint = "Use a smaller --batch-size or --image-size."});
  held_ += bytes;
  return data;
}
void Cpu::release(void* data, std::size_t bytes) noexcept {
  held_ -= bytes;
  delete_memory(data, bytes, alignment());
}

}  // namespace lehr
