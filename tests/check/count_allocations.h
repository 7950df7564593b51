// count_allocations.h: malloc and its kin (operator new ends there too), counted for the whole program and told apart by who asked: lehr, or
// a library behind it (oneDNN, OpenMP), which allocates as it likes. Replaces malloc, so exactly one .cpp of a program may include it.
// Under sanitizers malloc is theirs: nothing is counted, and `counts_allocations` says so.
#pragma once

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace lehr::check {

#ifdef LEHR_SANITIZED
inline constexpr bool counts_allocations = false;
#else
inline constexpr bool counts_allocations = true;
#endif

struct AllocationCounts {
  long ours = 0, library = 0;
  std::uintptr_t last = 0;  ///< for addr2line -e: where in the program the last of ours was asked for
};

namespace allocations {

struct Range {
  std::uintptr_t begin = 0, end = 0;
  bool holds(std::uintptr_t address) const { return begin <= address && address < end; }
};

inline std::atomic<bool> counting{false};
inline std::atomic<long> ours{0}, library{0};
inline std::atomic<std::uintptr_t> last{0};
inline std::uintptr_t base = 0;
inline Range program;  // lehr is linked statically
inline std::array<Range, 8> libraries;
inline thread_local bool inside = false;

inline int note_object(dl_phdr_info* object, std::size_t, void* count) {
  auto& known = *static_cast<std::size_t*>(count);
  const char* name = object->dlpi_name;
  const bool is_program = name == nullptr || *name == '\0';
  if (!is_program && std::strstr(name, "libdnnl") == nullptr && std::strstr(name, "libgomp") == nullptr) return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& part = object->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    const Range range{object->dlpi_addr + part.p_vaddr, object->dlpi_addr + part.p_vaddr + part.p_memsz};
    if (is_program) {
      program = range;
      base = object->dlpi_addr;
    } else if (known < libraries.size()) {
      libraries[known++] = range;
    }
  }
  return 0;
}

struct Walk {
  std::uintptr_t from = 0;  ///< the hook's caller: frames before it are the hook's own
  bool began = false, ours = true;
  std::uintptr_t place = 0;
};

// The innermost frame in the program or in one of the libraries tells who asked; the C and C++ libraries only pass it on.
inline _Unwind_Reason_Code step(_Unwind_Context* context, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  const auto address = static_cast<std::uintptr_t>(_Unwind_GetIP(context));
  walk.began = walk.began || address == walk.from;
  if (!walk.began) return _URC_NO_REASON;
  if (program.holds(address)) {
    walk.place = address - base;
    return _URC_END_OF_STACK;
  }
  for (const Range& range : libraries)
    if (range.holds(address)) {
      walk.ours = false;
      return _URC_END_OF_STACK;
    }
  return _URC_NO_REASON;
}

inline void note(const void* caller) {
  if (!counting.load(std::memory_order_relaxed) || inside) return;
  inside = true;
  Walk walk{.from = reinterpret_cast<std::uintptr_t>(caller)};
  _Unwind_Backtrace(step, &walk);
  ++(walk.ours ? ours : library);
  if (walk.ours) last = walk.place;
  inside = false;
}

}  // namespace allocations

/// Since allocations_of() began.
inline AllocationCounts allocations_so_far() {
  return {.ours = allocations::ours, .library = allocations::library, .last = allocations::last};
}

/// Of all threads while `run` ran.
template <class Run>
AllocationCounts allocations_of(const Run& run) {
  namespace a = allocations;
  if (a::base == 0) {
    std::size_t known = 0;
    dl_iterate_phdr(a::note_object, &known);
  }
  a::ours = a::library = 0;
  a::counting = true;
  run();
  a::counting = false;
  return allocations_so_far();
}

}  // namespace lehr::check

#ifndef LEHR_SANITIZED
// glibc's own names of what is replaced.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* data, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  return __libc_calloc(count, bytes);
}
void* realloc(void* data, std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  return __libc_realloc(data, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** data, std::size_t alignment, std::size_t bytes) noexcept {
  lehr::check::allocations::note(__builtin_return_address(0));
  *data = __libc_memalign(alignment, bytes);
  return *data == nullptr ? ENOMEM : 0;
}
}
#endif
