// memory.h: the device's memory: one region with poisoned gaps between buffers, so that no overrun lands in a neighbour. Host
// code cannot touch it, as that of a GPU; copies can.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "kernels/simt/shadow.h"

namespace lehr::simt {

class DeviceMemory {
 public:
  static constexpr std::size_t capacity = std::size_t{1} << 30U, gap = 256, alignment = 256;
  DeviceMemory() : region_(capacity) { free_[gap] = capacity - gap; }
  void* allocate(std::size_t bytes);  ///< empty where none is left
  void release(void* data, std::size_t bytes) noexcept;
  std::size_t free_bytes() const;
  std::size_t used() const { return used_; }
  /// As if the device had no more than this; what is held stays.
  void limit(std::size_t bytes) { limit_ = bytes; }
  ShadowedRegion& region() { return region_; }

 private:
  ShadowedRegion region_;
  std::map<std::size_t, std::size_t> free_;  // offset -> bytes, no two adjacent
  std::size_t used_ = 0, limit_ = capacity;
  mutable std::mutex mutex_;
};

/// One for the process, as a machine has one device.
DeviceMemory& device_memory();

}  // namespace lehr::simt
