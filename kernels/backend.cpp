#include "kernels/backend.h"

#include <utility>

namespace lehr {

Buffer::Buffer(Backend& backend, std::size_t bytes)
    : backend_(&backend), data_(bytes == 0 ? nullptr : backend.allocate(bytes)), bytes_(bytes) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(backend_, other.backend_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr) backend_->release(data_, bytes_);
}

}  // namespace lehr
