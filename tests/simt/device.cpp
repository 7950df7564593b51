#include "tests/device/device.h"

#include "kernels/simt/memory.h"
#include "kernels/simt/stream.h"

namespace lehr::check {

std::shared_ptr<Cuda> device() { return std::make_shared<Cuda>(); }

void reorder(Cuda& cuda, std::uint64_t seed) { simt::shuffle_by(cuda, seed); }

struct ShortOfMemory::Held {};
ShortOfMemory::ShortOfMemory(Cuda&, std::size_t bytes) { simt::device_memory().limit(simt::device_memory().used() + bytes); }
ShortOfMemory::~ShortOfMemory() { simt::device_memory().limit(simt::DeviceMemory::capacity); }

}  // namespace lehr::check
