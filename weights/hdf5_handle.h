// hdf5_handle.h: libhdf5's handles as values, and its failures as an exception of the child process. Knows the
// library's two basic types by what they are (hid_t, herr_t), so that its header stays in .cpp files.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace lehr {

struct Hdf5Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Closes itself; negative values of the library are failures.
class Hdf5Handle {
 public:
  Hdf5Handle(std::int64_t id, int (*close)(std::int64_t), const char* what) : id_(id), close_(close) {
    if (id < 0) throw Hdf5Failure(what);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator std::int64_t() const { return id_; }  // NOLINT(google-explicit-constructor): handed to the library

 private:
  std::int64_t id_;
  int (*close_)(std::int64_t);
};

inline void hdf5_check(int status, const char* what) {
  if (status < 0) throw Hdf5Failure(what);
}

}  // namespace lehr
