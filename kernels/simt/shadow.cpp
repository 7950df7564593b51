#include "kernels/simt/shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace lehr::simt {
namespace {

// Mark::who: thread 10 bits, warp epoch 6, block epoch 12, then flags.
constexpr std::uint32_t atomic_flag = 1U << 28U, many_in_warp = 1U << 29U, many_in_block = 1U << 30U;

std::uint32_t who(const Moment& m) { return (m.thread & 0x3ffU) | (m.warp_epoch & 0x3fU) << 10U | (m.block_epoch & 0xfffU) << 16U; }
std::uint32_t thread_of(std::uint32_t who) { return who & 0x3ffU; }
std::uint32_t warp_epoch_of(std::uint32_t who) { return who >> 10U & 0x3fU; }
std::uint32_t block_epoch_of(std::uint32_t who) { return who >> 16U & 0xfffU; }

char* reserve(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

void poison(const char* begin, std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(begin, bytes);
#else
  static_cast<void>(begin), static_cast<void>(bytes);
#endif
}
void unpoison(const char* begin, std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(begin, bytes);
#else
  static_cast<void>(begin), static_cast<void>(bytes);
#endif
}

}  // namespace

ShadowedRegion::ShadowedRegion(std::size_t bytes)
    : bytes_(bytes),
      memory_(reserve(bytes)),
      cells_(reinterpret_cast<Cell*>(reserve(bytes * sizeof(Cell)))),
      granted_(reinterpret_cast<std::uint64_t*>(reserve(bytes / 8 + sizeof(std::uint64_t)))) {
  poison(memory_, bytes);
}

ShadowedRegion::~ShadowedRegion() {
  unpoison(memory_, bytes_);
  munmap(memory_, bytes_);
  munmap(cells_, bytes_ * sizeof(Cell));
  munmap(granted_, bytes_ / 8 + sizeof(std::uint64_t));
}

/// Calls visit(word, bits) for the words that hold bits [begin, end), until it answers false.
template <class Visit>
bool for_words(std::size_t begin, std::size_t end, const Visit& visit) {
  while (begin < end) {
    const std::size_t from = begin % 64, count = std::min(64 - from, end - begin);
    const std::uint64_t bits = (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << from;
    if (!visit(begin / 64, bits)) return false;
    begin += count;
  }
  return true;
}

void ShadowedRegion::mark(std::size_t offset, std::size_t bytes, bool granted) const {
  for_words(offset, offset + bytes, [&](std::size_t word, std::uint64_t bits) {
    granted_[word] = granted ? granted_[word] | bits : granted_[word] & ~bits;
    return true;
  });
}
bool ShadowedRegion::granted(const void* address, std::size_t bytes) const {
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) - memory_);
  if (offset >= bytes_ || bytes > bytes_ - offset) return false;
  return for_words(offset, offset + bytes, [&](std::size_t word, std::uint64_t bits) { return (granted_[word] & bits) == bits; });
}
void ShadowedRegion::fill(std::size_t offset, int byte, std::size_t bytes) const {
  const HostAccess access(memory_ + offset, bytes);
  std::memset(memory_ + offset, byte, bytes);
}

// AddressSanitizer keeps a byte for eight: whole groups, or the first of them would stay open.
HostAccess::HostAccess(const void* begin, std::size_t bytes) {
  const auto from = reinterpret_cast<std::uintptr_t>(begin) / 8 * 8, to = (reinterpret_cast<std::uintptr_t>(begin) + bytes + 7) / 8 * 8;
  begin_ = reinterpret_cast<const char*>(from);  // NOLINT(performance-no-int-to-ptr): the group that begin lies in
  bytes_ = to - from;
  unpoison(begin_, bytes_);
}
HostAccess::~HostAccess() { poison(begin_, bytes_); }

bool poisoned_for_host(const void* address, std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  return __asan_region_is_poisoned(const_cast<void*>(address), bytes) != nullptr;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
#else
  static_cast<void>(address), static_cast<void>(bytes);
  return false;
#endif
}

bool ShadowedRegion::conflict(const Mark& earlier, const Moment& now, bool atomic) {
  if (earlier.run < now.first_run) return false;
  if (atomic && (earlier.who & atomic_flag) != 0) return false;
  if (earlier.run != now.run) return true;
  const bool many = (earlier.who & (many_in_warp | many_in_block)) != 0;
  if (thread_of(earlier.who) == now.thread && !many) return false;
  if (block_epoch_of(earlier.who) != (now.block_epoch & 0xfffU)) return false;
  const bool one_warp = thread_of(earlier.who) / 32 == now.thread / 32 && (earlier.who & many_in_block) == 0;
  return !one_warp || warp_epoch_of(earlier.who) == (now.warp_epoch & 0x3fU);
}

bool ShadowedRegion::touch(const void* address, std::size_t bytes, Access access, const Moment& now, std::uint32_t& other) {
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) - memory_);
  const std::size_t stride = bytes >= 4 && offset % 4 == 0 ? 4 : bytes >= 2 && offset % 2 == 0 ? 2 : 1;
  const bool atomic = access == Access::atomic;
  const std::uint32_t me = who(now) | (atomic ? atomic_flag : 0U);
  for (std::size_t i = offset; i < offset + bytes; i += stride) {
    Cell& cell = cells_[i];
    const bool after_write = conflict(cell.write, now, atomic);
    if (after_write || (access != Access::read && conflict(cell.read, now, atomic))) {
      other = thread_of(after_write ? cell.write.who : cell.read.who);
      return false;
    }
    if (access != Access::read) {
      cell.write = {now.run, me};
      continue;
    }
    Mark& read = cell.read;
    const bool same_interval = read.run == now.run && block_epoch_of(read.who) == (now.block_epoch & 0xfffU);
    if (!same_interval || thread_of(read.who) == now.thread) {
      // A mark of several readers stays for its interval.
      if (!same_interval || (read.who & (many_in_warp | many_in_block)) == 0) read = {now.run, me};
      continue;
    }
    const bool one_warp = thread_of(read.who) / 32 == now.thread / 32;
    if (one_warp && warp_epoch_of(read.who) != (now.warp_epoch & 0x3fU) && (read.who & many_in_block) == 0)
      read = {now.run, me};
    else
      read.who |= one_warp ? many_in_warp : many_in_block;
  }
  return true;
}

}  // namespace lehr::simt
