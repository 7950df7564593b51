// shape.h: the extents of a tensor. Layers' shapes leave the batch out: (100, 100, 3) is one image.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace lehr {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) : extents_(extents) {}
  explicit Shape(std::vector<std::int64_t> extents) : extents_(std::move(extents)) {}

  std::size_t rank() const { return extents_.size(); }
  std::int64_t operator[](std::size_t axis) const { return extents_[axis]; }
  std::int64_t back() const { return extents_.back(); }
  const std::vector<std::int64_t>& extents() const { return extents_; }
  std::int64_t elements() const;               ///< product; 1 for a scalar
  Shape with_batch(std::int64_t batch) const;  ///< (batch, extents...)
  Shape without_batch() const;                 ///< extents after the first
  std::string text() const;                    ///< "(100, 100, 3)", "(3,)", "()"
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> extents_;
};

/// Height and width of a window, a stride, an image: `3` means 3x3.
struct Size2 {
  std::int64_t height = 1, width = 1;
  constexpr Size2() = default;
  constexpr Size2(std::int64_t both) : height(both), width(both) {}  // NOLINT(google-explicit-constructor): kernel_size = 3, as in Keras
  constexpr Size2(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  friend bool operator==(const Size2&, const Size2&) = default;
};

}  // namespace lehr
