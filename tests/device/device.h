// device.h: what tests of the backend `Cuda` ask of the device under it: the executor (tests/simt) or a GPU (tests/gpu). Each has its own
// device.cpp; everything else is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/cuda.h"

namespace lehr::check {

std::shared_ptr<Cuda> device();

/// From now on blocks and threads run in the order of this seed, where the device lets one choose.
void reorder(Cuda& cuda, std::uint64_t seed);

/// While it lives, the device has no more than `bytes` beyond what is held now.
class ShortOfMemory {
 public:
  ShortOfMemory(Cuda& cuda, std::size_t bytes);
  ~ShortOfMemory();
  ShortOfMemory(const ShortOfMemory&) = delete;
  ShortOfMemory& operator=(const ShortOfMemory&) = delete;

 private:
  struct Held;
  std::unique_ptr<Held> held_;
};

}  // namespace lehr::check
