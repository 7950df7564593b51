#include "kernels/simt/memory.h"

#include <algorithm>
#include <iterator>

namespace lehr::simt {
namespace {

std::size_t whole(std::size_t bytes) {
  return (bytes + DeviceMemory::alignment - 1) / DeviceMemory::alignment * DeviceMemory::alignment + DeviceMemory::gap;
}

}  // namespace

void* DeviceMemory::allocate(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > capacity / 2 || used_ + bytes > limit_) return nullptr;
  const std::size_t needed = whole(bytes);
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->second < needed) continue;
    const auto [offset, size] = *it;
    free_.erase(it);
    if (size > needed) free_[offset + needed] = size - needed;
    region_.grant(offset, bytes);
    region_.fill(offset, 0xff, bytes);  // NaN: what was never written shows
    used_ += bytes;
    return region_.begin() + offset;
  }
  return nullptr;
}

void DeviceMemory::release(void* data, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  auto offset = static_cast<std::size_t>(static_cast<char*>(data) - region_.begin());
  std::size_t size = whole(bytes);
  region_.revoke(offset, bytes);
  used_ -= bytes;
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && offset + size == next->first) {
    size += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      before->second += size;
      return;
    }
  }
  free_.emplace(offset, size);
}

std::size_t DeviceMemory::free_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& [offset, size] : free_) bytes += size;
  return std::min(bytes, limit_ > used_ ? limit_ - used_ : 0);
}

DeviceMemory& device_memory() {
  static DeviceMemory memory;
  return memory;
}

}  // namespace lehr::simt
