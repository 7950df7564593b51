// shadow.h: who touched which byte last, to find two accesses of one place with nothing between them that orders them.
//   ordered are   accesses of one thread; of one block, where a barrier lies between; of one warp, where __syncwarp lies between;
//                 launches, which follow each other
//   never ordered are two blocks of one launch
// A place is the first byte of each aligned group of four, two or one bytes that an access covers, so accesses of different widths are
// compared where their first bytes fall together. Of several readers one is kept, with a mark that there were more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/simt/executor.h"

namespace lehr::simt {

/// Where in the course of a launch an access happens.
struct Moment {
  std::uint32_t run = 0;          ///< counts blocks since the program began: no two are the same
  std::uint32_t first_run = 0;    ///< of this launch's first block
  std::uint32_t thread = 0;       ///< in its block
  std::uint32_t block_epoch = 0;  ///< barriers passed
  std::uint32_t warp_epoch = 0;   ///< __syncwarps passed
};

/// Memory of fixed size, with a shadow beside it. Reserved at once, given pages when touched. To AddressSanitizer all of it is poisoned, always:
/// host code that touches it ends the program. Kernels may touch what was granted.
class ShadowedRegion {
 public:
  explicit ShadowedRegion(std::size_t bytes);
  ~ShadowedRegion();
  ShadowedRegion(const ShadowedRegion&) = delete;
  ShadowedRegion& operator=(const ShadowedRegion&) = delete;

  char* begin() const { return memory_; }
  std::size_t bytes() const { return bytes_; }
  bool holds(const void* address) const { return static_cast<std::size_t>(static_cast<const char*>(address) - memory_) < bytes_; }
  /// Records the access; false where it conflicts with an earlier one, whose thread is then in `other`.
  bool touch(const void* address, std::size_t bytes, Access access, const Moment& now, std::uint32_t& other);

  void grant(std::size_t offset, std::size_t bytes) { mark(offset, bytes, true); }
  void revoke(std::size_t offset, std::size_t bytes) { mark(offset, bytes, false); }
  bool granted(const void* address, std::size_t bytes) const;
  void fill(std::size_t offset, int byte, std::size_t bytes) const;

 private:
  struct Mark {
    std::uint32_t run = 0, who = 0;
  };
  struct Cell {
    Mark write, read;
  };
  static bool conflict(const Mark& earlier, const Moment& now, bool atomic);
  void mark(std::size_t offset, std::size_t bytes, bool granted) const;
  std::size_t bytes_;
  char* memory_;
  Cell* cells_;
  std::uint64_t* granted_;  // a bit a byte
};

/// While it lives, host code may touch these bytes (and their neighbours within groups of eight): copies are made under it.
class HostAccess {
 public:
  HostAccess(const void* begin, std::size_t bytes);
  ~HostAccess();
  HostAccess(const HostAccess&) = delete;
  HostAccess& operator=(const HostAccess&) = delete;

 private:
  const char* begin_;
  std::size_t bytes_;
};
/// Whether AddressSanitizer would stop host code here.
bool poisoned_for_host(const void* address, std::size_t bytes);

}  // namespace lehr::simt
