#include "engine/array.h"

namespace lehr {

void Array::check(DType wanted) const {
  if (wanted != dtype_)
    throw Error({.category = Category::data,
                 .where = "array " + shape_.text(),
                 .what = "wrong element type",
                 .expected = std::string(name_of(wanted)),
                 .got = std::string(name_of(dtype_))});
}

Array Array::reshaped(Shape shape) const {
  if (shape.elements() != shape_.elements())
    throw Error({.category = Category::data,
                 .where = "array",
                 .what = "cannot reshape",
                 .expected = std::to_string(shape_.elements()) + " elements as in " + shape_.text(),
                 .got = shape.text()});
  Array out = *this;
  out.shape_ = std::move(shape);
  return out;
}

Array Array::rows(std::int64_t begin, std::int64_t end) const {
  auto extents = shape_.extents();
  extents.at(0) = end - begin;
  Array out(Shape(std::move(extents)), dtype_);
  const auto row = static_cast<std::size_t>(row_elements()) * size_of(dtype_);
  if (!out.empty()) std::memcpy(out.data(), data() + static_cast<std::size_t>(begin) * row, out.bytes());
  return out;
}

Array Array::take(std::span<const std::int64_t> indices) const {
  auto extents = shape_.extents();
  extents.at(0) = static_cast<std::int64_t>(indices.size());
  Array out(Shape(std::move(extents)), dtype_);
  const auto row = static_cast<std::size_t>(row_elements()) * size_of(dtype_);
  for (std::size_t i = 0; i < indices.size() && row != 0; ++i)
    std::memcpy(out.data() + i * row, data() + static_cast<std::size_t>(indices[i]) * row, row);
  return out;
}

namespace {
template <class T>
void convert(const Array& from, Array& to) {
  const auto source = from.as<T>();
  const auto target = to.as<float>();
  for (std::size_t i = 0; i < source.size(); ++i) target[i] = static_cast<float>(source[i]);
}
}  // namespace

Array Array::as_f32() const {
  if (dtype_ == DType::f32) return *this;
  Array out(shape_, DType::f32);
  switch (dtype_) {
    case DType::u8:
      convert<std::uint8_t>(*this, out);
      break;
    case DType::i32:
      convert<std::int32_t>(*this, out);
      break;
    case DType::i64:
      convert<std::int64_t>(*this, out);
      break;
    case DType::f64:
      convert<double>(*this, out);
      break;
    case DType::bf16:
      convert<bf16>(*this, out);
      break;
    default:
      convert<std::uint32_t>(*this, out);
      break;
  }
  return out;
}

}  // namespace lehr
