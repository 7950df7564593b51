// The compiler puts a call before every load and store of the .cu files (-fsanitize=thread without its library); here they lead to the
// executor. Outside of kernels, AddressSanitizer's own map is asked.
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "kernels/simt/executor.h"
#include "kernels/simt/shadow.h"

namespace {

void check(const void* address, std::size_t bytes, bool write) {
  using lehr::simt::Access;
  if (lehr::simt::running()) {
    lehr::simt::check_access(address, bytes, write ? Access::write : Access::read);
  } else if (lehr::simt::poisoned_for_host(address, bytes)) {
    std::fprintf(stderr, "host code of a .cu file %s %zu bytes at %p that it may not touch\n", write ? "writes" : "reads", bytes, address);
    std::abort();
  }
}

}  // namespace

// NOLINTBEGIN: names that the compiler chose
extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_read1(void* p) { check(p, 1, false); }
void __tsan_read2(void* p) { check(p, 2, false); }
void __tsan_read4(void* p) { check(p, 4, false); }
void __tsan_read8(void* p) { check(p, 8, false); }
void __tsan_read16(void* p) { check(p, 16, false); }
void __tsan_write1(void* p) { check(p, 1, true); }
void __tsan_write2(void* p) { check(p, 2, true); }
void __tsan_write4(void* p) { check(p, 4, true); }
void __tsan_write8(void* p) { check(p, 8, true); }
void __tsan_write16(void* p) { check(p, 16, true); }
void __tsan_unaligned_read2(void* p) { check(p, 2, false); }
void __tsan_unaligned_read4(void* p) { check(p, 4, false); }
void __tsan_unaligned_read8(void* p) { check(p, 8, false); }
void __tsan_unaligned_read16(void* p) { check(p, 16, false); }
void __tsan_unaligned_write2(void* p) { check(p, 2, true); }
void __tsan_unaligned_write4(void* p) { check(p, 4, true); }
void __tsan_unaligned_write8(void* p) { check(p, 8, true); }
void __tsan_unaligned_write16(void* p) { check(p, 16, true); }
void __tsan_read_range(void* p, std::size_t n) { check(p, n, false); }
void __tsan_write_range(void* p, std::size_t n) { check(p, n, true); }
void __tsan_vptr_update(void** p, void*) { check(p, sizeof *p, true); }
void __tsan_vptr_read(void** p) { check(p, sizeof *p, false); }
}
// NOLINTEND
