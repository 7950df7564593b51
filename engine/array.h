// array.h: an owning n-d array in host memory, row-major: what files hold and what users hand over. On a device there are Buffers and
// Views.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "engine/shape.h"
#include "kernels/error.h"
#include "kernels/view.h"

namespace lehr {

class Array {
 public:
  Array() = default;
  Array(Shape shape, DType dtype)
      : shape_(std::move(shape)), dtype_(dtype), bytes_(static_cast<std::size_t>(shape_.elements()) * size_of(dtype)) {}
  template <class T>
  static Array from(Shape shape, std::span<const T> values) {
    Array array(std::move(shape), dtype_of<T>);
    if (values.size() != array.count())
      throw Error({.category = Category::data,
                   .where = "array",
                   .what = "values do not fill the shape",
                   .expected = std::to_string(array.count()),
                   .got = std::to_string(values.size())});
    if (!values.empty()) std::memcpy(array.bytes_.data(), values.data(), array.bytes_.size());
    return array;
  }

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  std::size_t count() const { return static_cast<std::size_t>(shape_.elements()); }
  std::size_t bytes() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::int64_t rows() const { return shape_.rank() == 0 ? 0 : shape_[0]; }
  std::int64_t row_elements() const { return shape_.rank() == 0 ? 0 : shape_.without_batch().elements(); }
  const std::byte* data() const { return bytes_.data(); }
  std::byte* data() { return bytes_.data(); }

  /// Throws Error{data} where T is not the array's type.
  template <class T>
  std::span<const T> as() const {
    check(dtype_of<T>);
    return {reinterpret_cast<const T*>(bytes_.data()), count()};
  }
  template <class T>
  std::span<T> as() {
    check(dtype_of<T>);
    return {reinterpret_cast<T*>(bytes_.data()), count()};
  }

  Array reshaped(Shape shape) const;                        ///< same elements, another shape
  Array rows(std::int64_t begin, std::int64_t end) const;   ///< a copy of rows [begin, end)
  Array take(std::span<const std::int64_t> indices) const;  ///< a copy of the named rows, in that order
  Array as_f32() const;                                     ///< values converted (u8, i32, i64, f64, bf16)

 private:
  void check(DType wanted) const;
  Shape shape_;
  DType dtype_ = DType::f32;
  std::vector<std::byte> bytes_;
};

}  // namespace lehr
