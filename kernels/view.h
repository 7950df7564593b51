// view.h: a typed piece of device memory that someone else owns. Prepared operations know their shapes; a view carries none.
#pragma once

#include <cassert>
#include <cstddef>

#include "kernels/dtype.h"

namespace lehr {

struct ConstView {
  const void* data = nullptr;
  DType dtype = DType::f32;
  std::size_t count = 0;  ///< elements

  template <class T>
  const T* as() const {
    assert(data == nullptr || dtype == dtype_of<T>);
    return static_cast<const T*>(data);
  }
  explicit operator bool() const { return data != nullptr; }
  std::size_t bytes() const { return count * size_of(dtype); }
};

struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  std::size_t count = 0;  ///< elements

  template <class T>
  T* as() const {
    assert(data == nullptr || dtype == dtype_of<T>);
    return static_cast<T*>(data);
  }
  operator ConstView() const { return {data, dtype, count}; }  // NOLINT(google-explicit-constructor): every view may be read
  explicit operator bool() const { return data != nullptr; }
  std::size_t bytes() const { return count * size_of(dtype); }
};

}  // namespace lehr
