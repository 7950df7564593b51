#include "layers/broadcasting.h"

#include <algorithm>

namespace lehr {

namespace {

std::int64_t axis_of(const Shape& shape, std::size_t rank, std::size_t axis) {
  const std::size_t missing = rank - shape.rank();
  return axis < missing ? 1 : shape[axis - missing];
}

}  // namespace

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t x = axis_of(a, rank, i), y = axis_of(b, rank, i);
    if (x != y && x != 1 && y != 1)
      throw Error({.category = Category::usage,
                   .what = "inputs must have one shape, or axes of 1 to repeat",
                   .expected = a.text(),
                   .got = b.text()});
    out.push_back(std::max(x, y));
  }
  return Shape(std::move(out));
}

BroadcastSpec broadcast_axes(const Shape& a, const Shape& b) {
  const Shape y = broadcast_shape(a, b);
  std::vector<std::array<std::int64_t, 2>> axes;
  int last = -1;
  for (std::size_t i = 0; i < y.rank(); ++i) {
    const std::int64_t x = axis_of(a, y.rank(), i), z = axis_of(b, y.rank(), i);
    if (y[i] == 1) continue;
    const int kind = (x == 1 ? 1 : 0) + (z == 1 ? 2 : 0);
    if (kind == last) {
      axes.back()[0] *= x;
      axes.back()[1] *= z;
    } else {
      axes.push_back({x, z});
    }
    last = kind;
  }
  if (axes.size() > 3)
    throw Error({.category = Category::usage,
                 .what = "these shapes repeat too many axes that do not lie side by side",
                 .expected = a.text(),
                 .got = b.text()});
  BroadcastSpec spec;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    spec.a[3 - axes.size() + i] = axes[i][0];
    spec.b[3 - axes.size() + i] = axes[i][1];
  }
  return spec;
}

Value emit_broadcast(Emission& e, BinaryFunction function, Value a, const Shape& a_shape, Value b, const Shape& b_shape,
                     std::optional<std::size_t> weight) {
  Planner& p = e.plan;
  // An axis missing in front of a sample's shape is 1 behind the batch, as Keras aligns them; a weight has no batch.
  const auto with_batch = [&](const Shape& shape, std::size_t rank) {
    std::vector<std::int64_t> extents{e.batch()};
    extents.insert(extents.end(), rank - shape.rank(), 1);
    extents.insert(extents.end(), shape.extents().begin(), shape.extents().end());
    return Shape(std::move(extents));
  };
  const std::size_t rank = std::max(a_shape.rank(), b_shape.rank());
  BroadcastSpec spec = broadcast_axes(with_batch(a_shape, rank), weight ? b_shape : with_batch(b_shape, rank));
  spec.function = function;
  spec.dtype = p.dtype(a);
  spec.b_dtype = p.dtype(b);
  const Value y = p.tensor(e.name, spec.count(), spec.dtype);
  auto forward = p.prepare(spec);
  p.add(
      {.name = "broadcast", .layer = e.name, .reads = {a, b}, .writes = {y}, .run = [forward, a, b, y](const Binding& v, View, Stream& s) {
         forward->run(v[a], v[b], v[y], s);
       }});

  const bool weight_trains = weight && p.state().tensors()[*weight].trainable;
  p.require_gradient(y, p.requires_gradient(a) || (weight ? weight_trains : p.requires_gradient(b)));
  p.on_backward([&p, spec, a, b, y, weight, name = e.name] {
    if (!p.has_gradient(y)) return;
    const Value dy = p.gradient(y);
    const auto emit = [&](bool of_b, Value gradient) {
      auto op = p.prepare(BroadcastBackwardSpec{.forward = spec, .of_b = of_b});
      p.add({.name = "broadcast backward",
             .layer = name,
             .reads = {a, b, dy},
             .writes = {gradient},
             .workspace_bytes = op->workspace_bytes(),
             .run = [op, a, b, dy, gradient](const Binding& v, View ws, Stream& s) { op->run(v[a], v[b], v[dy], v[gradient], ws, s); }});
    };
    const bool adds = spec.function == BinaryFunction::add;
    if (adds && spec.a == spec.y())
      p.pass_gradient(a, dy);
    else
      p.contribute(a, [&](Value da) { emit(false, da); });
    if (weight)
      p.contribute_weight(*weight, [&](Value dw) { emit(true, dw); });
    else if (adds && spec.b == spec.y())
      p.pass_gradient(b, dy);
    else
      p.contribute(b, [&](Value db) { emit(true, db); });
  });
  return y;
}

}  // namespace lehr
