#include "tests/device/device.h"

#include <algorithm>
#include <vector>

#include "kernels/error.h"

namespace lehr::check {

// As `lehr` opens it: with cuDNN and cuBLASLt where they are.
std::shared_ptr<Cuda> device() {
  auto cuda = std::make_shared<Cuda>();
  cuda->open_libraries();
  return cuda;
}

// A GPU orders blocks and threads itself.
void reorder(Cuda&, std::uint64_t) {}

struct ShortOfMemory::Held {
  std::vector<Buffer> buffers;
};
// Half of what is too much, as often as that is granted, down to the 2 MiB that the driver hands out at a time.
ShortOfMemory::ShortOfMemory(Cuda& cuda, std::size_t bytes) : held_(std::make_unique<Held>()) {
  constexpr std::size_t page = std::size_t{2} << 20U;
  for (std::size_t piece = cuda.free_memory(); piece >= page;) {
    const std::size_t free = cuda.free_memory();
    if (free <= bytes + page) return;
    piece = std::min(piece, free - bytes);
    try {
      held_->buffers.emplace_back(cuda, piece);
    } catch (const Error&) {
      piece /= 2;
    }
  }
}
ShortOfMemory::~ShortOfMemory() = default;

}  // namespace lehr::check
