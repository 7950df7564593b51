// backend.h: a device's memory, copies and threads. It does not grow with operations: those are found by make() (make.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/view.h"

namespace lehr {

class Backend;

/// Work is ordered within a stream. On a CPU every call returns when its work is done.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void synchronize() = 0;
};

/// Owned device memory, 64-byte aligned or better. Moves, never copies.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Backend& backend, std::size_t bytes);
  Buffer(Buffer&& other) noexcept : backend_(other.backend_), data_(other.data_), bytes_(other.bytes_) {
    other.data_ = nullptr;
    other.bytes_ = 0;
  }
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Backend* backend_ = nullptr;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Work that was recorded once and can be started again as one piece, with the addresses and shapes it had: a captured CUDA graph.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void launch(Stream& stream) = 0;
  virtual std::int64_t nodes() const = 0;  ///< kernels, copies and fills in it
};

enum class DeviceKind { cpu, cuda };

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual DeviceKind kind() const = 0;
  virtual std::string name() const = 0;         ///< as `lehr devices` prints it
  virtual std::size_t alignment() const = 0;    ///< of every offset in an arena, bytes
  virtual std::size_t free_memory() const = 0;  ///< bytes that a new allocation may hope for
  virtual void enter() = 0;                     ///< before prepare and run, on whichever host thread: threads, current device
  virtual Stream& stream() = 0;
  virtual void copy_in(void* device, const void* host, std::size_t bytes) = 0;
  virtual void copy_out(void* host, const void* device, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;  ///< on the device
  virtual void zero(void* device, std::size_t bytes) = 0;
  /// Records what `work` puts on the stream without doing it. Empty on a device that gains nothing by it: then call `work` each time.
  /// `work` may neither allocate nor wait nor copy between host and device.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) {
    static_cast<void>(work);
    return nullptr;
  }

 protected:
  friend class Buffer;
  virtual void* allocate(std::size_t bytes) = 0;  ///< throws Error{device} when memory is out
  virtual void release(void* data, std::size_t bytes) noexcept = 0;
};

}  // namespace lehr
