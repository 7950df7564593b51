// executor.h: runs a kernel on this CPU, one fiber per CUDA thread that ever waits. Blocks run one after the other and threads in turn, both
// in an order shuffled by a seed; a thread that meets no barrier, shuffle or vote runs as a plain call.
//
// What ends a launch with a Fault that names kernel, block and thread:
//   an access outside of every buffer and every shared array, or of host memory
//   two accesses of one place by two threads, one of them a write, with no barrier between them (shadow.h)
//   a barrier that some threads of the block never reach or reach elsewhere; a barrier after a thread has returned
//   a shuffle or vote whose mask names a lane that does not take part, or a value asked of a lane outside the mask
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>

namespace lehr::simt {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr Dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1)
      : x(x_), y(y_), z(z_) {}  // NOLINT(google-explicit-constructor): as CUDA
  constexpr std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

/// A kernel broke a rule. The launch is abandoned; device memory holds what was written by then.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Site = std::source_location;

/// One launch: call(parameters) for every thread. `parameters` is the only host memory that the kernel may read.
struct Launch {
  Dim3 grid, block;
  std::size_t dynamic_shared = 0;
  std::uint64_t seed = 0;
  void (*call)(const void* parameters) = nullptr;
  const void* parameters = nullptr;
  std::size_t parameter_bytes = 0;
  Site site = Site::current();
};
void run(const Launch& launch);  ///< throws Fault

// The rest is for kernels while they run.
Dim3 thread_index();
Dim3 block_index();
Dim3 block_dim();
Dim3 grid_dim();
unsigned lane();
bool running();  ///< whether this host thread is inside a kernel
[[noreturn]] void fault(std::string what);
[[noreturn]] void no_such_lane(int source);
[[noreturn]] void trap();

void barrier(Site site);

/// All lanes of `mask` meet; the last to come calls combine(payloads by lane) and all go on. `orders` tells that memory is ordered too.
using Combine = void (*)(void* const* payloads, std::uint32_t mask);
void meet(std::uint32_t mask, const char* what, void* payload, Combine combine, bool orders, Site site);

/// A piece of the block's shared memory, the same for every thread that names the same key; bytes 0xff at first.
void* shared_piece(const void* key, std::size_t bytes, std::size_t alignment);
void* dynamic_shared();

/// Called before every access of a kernel (instrument.cpp) and for atomics.
enum class Access : std::uint8_t { read, write, atomic };
void check_access(const void* address, std::size_t bytes, Access access);

}  // namespace lehr::simt
