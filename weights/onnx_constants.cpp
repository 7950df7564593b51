// What a graph computes without its input: shapes, and arithmetic with them, as PyTorch writes them around a Reshape or a Resize.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/error.h"
#include "weights/name_map.h"
#include "weights/onnx_import.h"

namespace lehr {

namespace {

using Extents = OnnxImport::Extents;

/// What is computed here is small: a graph of repeated Concats would double its numbers with every one.
constexpr std::size_t most_numbers = 4096;

Array whole(Extents values) {
  return Array::from<std::int64_t>(Shape{static_cast<std::int64_t>(values.size())}, std::span<const std::int64_t>(values));
}

/// One value is no list.
Array shaped(const Array& values, bool scalar) { return scalar ? values.reshaped(Shape{}) : values; }

Array given(OnnxImport& import, const OnnxNode& n) {
  for (const char* name : {"value", "value_float", "value_floats", "value_int", "value_ints"}) {
    const OnnxAttribute* found = n.find(name);
    if (found == nullptr) continue;
    if (const auto* tensor = std::get_if<Array>(found)) return *tensor;
    if (const auto* i = std::get_if<std::int64_t>(found)) return shaped(whole({*i}), true);
    if (const auto* is = std::get_if<Extents>(found)) return whole(*is);
    std::vector<float> floats;
    if (const auto* f = std::get_if<double>(found)) floats = {static_cast<float>(*f)};
    if (const auto* fs = std::get_if<std::vector<double>>(found)) floats.assign(fs->begin(), fs->end());
    if (floats.empty()) break;
    return shaped(Array::from<float>(Shape{static_cast<std::int64_t>(floats.size())}, std::span<const float>(floats)),
                  std::holds_alternative<double>(*found));
  }
  import.refuse(n, "has no value that can be read", "a tensor or numbers");
}

std::int64_t within(std::int64_t at, std::int64_t count) { return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count); }

Array shape_of(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor& tensor = import.at(n, 0);
  Extents extents;
  if (tensor.constant) {
    extents = tensor.constant->shape().extents();
  } else {
    extents = import.extents(import.value(n, 0));
    extents.insert(extents.begin(), onnx_batch);
  }
  const auto count = static_cast<std::int64_t>(extents.size());
  const std::int64_t begin = within(import.integer(n, "start", 0), count), end = within(import.integer(n, "end", count), count);
  return whole(begin < end ? Extents(extents.begin() + begin, extents.begin() + end) : Extents{});
}

template <class T>
Array taken(const Array& from, const std::vector<std::size_t>& indices, bool scalar) {
  std::vector<T> out;
  for (const auto i : indices) out.push_back(from.as<T>()[i]);
  return shaped(Array::from<T>(Shape{static_cast<std::int64_t>(out.size())}, std::span<const T>(out)), scalar);
}

Array picked(const Array& from, const std::vector<std::size_t>& indices, bool scalar = false) {
  return from.dtype() == DType::f32 ? taken<float>(from, indices, scalar) : taken<std::int64_t>(from, indices, scalar);
}

/// The list that a computation with shapes works on.
const Array& row(OnnxImport& import, const OnnxNode& n, std::size_t i) {
  const Array* values = import.constant(n, i);
  if (values == nullptr || values->shape().rank() > 1 || values->count() > most_numbers)
    import.refuse(n, "this computation with constants is not done here", "lists of numbers, as shapes are");
  return *values;
}

Array gather(OnnxImport& import, const OnnxNode& n) {
  const Array &from = row(import, n, 0), &at = row(import, n, 1);
  const auto count = static_cast<std::int64_t>(from.count());
  std::vector<std::size_t> indices;
  for (std::int64_t i : at.dtype() == DType::i64 ? at.as<std::int64_t>() : std::span<const std::int64_t>{}) {
    if (i < -count || i >= count) import.refuse(n, "an index lies outside", "0 to " + std::to_string(count - 1), std::to_string(i));
    indices.push_back(static_cast<std::size_t>(i < 0 ? i + count : i));
  }
  if (indices.size() != at.count()) import.refuse(n, "indices must be whole numbers");
  return picked(from, indices, at.shape().rank() == 0);
}

Array slice(OnnxImport& import, const OnnxNode& n) {
  const Array& from = row(import, n, 0);
  const auto starts = import.list(n, "starts", 1), ends = import.list(n, "ends", 2), axes = import.list(n, "axes", 3);
  const bool steps = import.has(n, 4) && import.integers(n, 4) != Extents{1};
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1 || (axes && *axes != Extents{0} && *axes != Extents{-1}) || steps)
    import.refuse(n, "this slice of constants is not taken here", "one range of a list");
  const auto count = static_cast<std::int64_t>(from.count());
  std::vector<std::size_t> indices;
  for (std::int64_t i = within(starts->at(0), count); i < within(ends->at(0), count); ++i) indices.push_back(static_cast<std::size_t>(i));
  return picked(from, indices);
}

Array concat(OnnxImport& import, const OnnxNode& n) {
  Extents whole_numbers;
  std::vector<float> floats;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const Array& values = row(import, n, i);
    if (values.dtype() == DType::f32) floats.insert(floats.end(), values.as<float>().begin(), values.as<float>().end());
    if (values.dtype() == DType::i64)
      whole_numbers.insert(whole_numbers.end(), values.as<std::int64_t>().begin(), values.as<std::int64_t>().end());
    if (floats.size() + whole_numbers.size() > most_numbers) import.refuse(n, "joins more constants than a shape has");
  }
  if (!floats.empty() && !whole_numbers.empty()) import.refuse(n, "joins numbers of two types");
  if (floats.empty()) return whole(std::move(whole_numbers));
  return Array::from<float>(Shape{static_cast<std::int64_t>(floats.size())}, std::span<const float>(floats));
}

Array cast(OnnxImport& import, const OnnxNode& n) {
  constexpr std::int64_t to_float = 1, to_int32 = 6, to_int64 = 7, to_double = 11;
  const Array& from = *import.constant(n, 0);
  const std::int64_t to = import.integer(n, "to", 0);
  if (to == to_float || to == to_double) return from.as_f32();
  if (to != to_int32 && to != to_int64) import.refuse(n, "casts constants to a type that is not known here", "float, double, int32, int64");
  if (from.dtype() == DType::i64) return from;
  const Array& floats = row(import, n, 0);
  Array out(floats.shape(), DType::i64);
  for (std::size_t i = 0; i < floats.count(); ++i) {
    const float v = floats.as<float>()[i];
    if (!(std::abs(v) < 1e15F)) import.refuse(n, "casts a number to an integer that is too large for one");
    out.as<std::int64_t>()[i] = static_cast<std::int64_t>(v);
  }
  return out;
}

std::int64_t computed(OnnxImport& import, const OnnxNode& n, std::int64_t a, std::int64_t b) {
  constexpr std::int64_t largest = std::int64_t{1} << 31;  // onnx_batch lies far outside
  if (std::min(a, b) < -largest || std::max(a, b) > largest) import.refuse(n, "computes with the batch's size, or with absurd extents");
  if (n.op == "Add") return a + b;
  if (n.op == "Sub") return a - b;
  if (n.op == "Mul") return a * b;
  if (b == 0) import.refuse(n, "divides by zero");
  return a / b;
}

float computed(OnnxImport&, const OnnxNode& n, float a, float b) {
  return n.op == "Add" ? a + b : n.op == "Sub" ? a - b : n.op == "Mul" ? a * b : a / b;
}

template <class T>
Array arithmetic(OnnxImport& import, const OnnxNode& n, const Array& a, const Array& b) {
  const Array& longer = a.count() >= b.count() ? a : b;
  if (a.count() != b.count() && std::min(a.count(), b.count()) != 1)
    import.refuse(n, "this computation with constants is not done here", "equal shapes, or a number");
  Array out(longer.shape().rank() >= std::max(a.shape().rank(), b.shape().rank()) ? longer.shape() : Shape{1}, longer.dtype());
  for (std::size_t i = 0; i < out.count(); ++i)
    out.as<T>()[i] = computed(import, n, a.as<T>()[a.count() == 1 ? 0 : i], b.as<T>()[b.count() == 1 ? 0 : i]);
  return out;
}

Array arithmetic(OnnxImport& import, const OnnxNode& n) {
  const Array &a = row(import, n, 0), &b = row(import, n, 1);
  if (a.dtype() != b.dtype() || a.empty() || b.empty()) import.refuse(n, "computes with constants of two types");
  return a.dtype() == DType::f32 ? arithmetic<float>(import, n, a, b) : arithmetic<std::int64_t>(import, n, a, b);
}

Array rounded(OnnxImport& import, const OnnxNode& n) {
  Array out = row(import, n, 0);
  if (out.dtype() == DType::f32)
    for (float& v : out.as<float>()) v = n.op == "Floor" ? std::floor(v) : std::ceil(v);
  return out;
}

/// ConstantOfShape of a list; what is larger is no shape.
Array repeated(OnnxImport& import, const OnnxNode& n) {
  const auto extents = import.integers(n, 0);
  if (extents.size() > 1 || (!extents.empty() && (extents[0] < 0 || extents[0] > static_cast<std::int64_t>(most_numbers))))
    import.refuse(n, "this computation with constants is not done here", "lists of numbers, as shapes are");
  const Shape shape(extents);
  const auto* value = n.find("value");
  if (value == nullptr) return {shape, DType::f32};
  const auto* one = std::get_if<Array>(value);
  if (one == nullptr || one->count() != 1) import.refuse(n, "has no value that can be read", "a tensor of one number");
  return picked(*one, std::vector<std::size_t>(extents.empty() ? 1 : static_cast<std::size_t>(extents[0]), 0), extents.empty());
}

/// Squeeze and Unsqueeze of a number or a list of one.
Array wrapped(OnnxImport& import, const OnnxNode& n) {
  const Array& from = row(import, n, 0);
  if (from.count() != 1) import.refuse(n, "this computation with constants is not done here", "one number");
  return shaped(from.reshaped(Shape{1}), n.op == "Squeeze");
}

Array turned(OnnxImport& import, const OnnxNode& n) {
  const Array& from = *import.constant(n, 0);
  const std::size_t rank = from.shape().rank();
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < rank; ++i) axes.push_back(rank - 1 - i);
  if (const auto perm = import.list(n, "perm")) {
    axes.assign(perm->begin(), perm->end());
    auto sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    bool fits = axes.size() == rank;
    for (std::size_t i = 0; i < sorted.size(); ++i) fits = fits && sorted[i] == i;
    if (!fits) import.refuse(n, "perm does not name each axis once");
  }
  return transposed(from, axes);
}

}  // namespace

bool fold_constants(OnnxImport& import, const OnnxNode& n) {
  const auto give = [&](Array values) {
    import.set_constant(n, std::make_shared<const Array>(std::move(values)));
    return true;
  };
  if (n.op == "Constant") return give(given(import, n));
  if (n.op == "Shape") return give(shape_of(import, n));
  if (n.inputs.empty()) return false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i)
    if (import.has(n, i) && import.constant(n, i) == nullptr) return false;
  if (!import.has(n, 0)) return false;
  if (n.op == "Identity") {
    import.set_constant(n, import.at(n, 0).constant, false);
    return true;
  }
  if (n.op == "ConstantOfShape") return give(repeated(import, n));
  if (n.op == "Cast") return give(cast(import, n));
  if (n.op == "Gather") return give(gather(import, n));
  if (n.op == "Slice") return give(slice(import, n));
  if (n.op == "Concat") return give(concat(import, n));
  if (n.op == "Squeeze" || n.op == "Unsqueeze") return give(wrapped(import, n));
  if (n.op == "Floor" || n.op == "Ceil") return give(rounded(import, n));
  if (n.op == "Transpose") return give(turned(import, n));
  if (n.op == "Add" || n.op == "Sub" || n.op == "Mul" || n.op == "Div") return give(arithmetic(import, n));
  return false;
}

}  // namespace lehr
