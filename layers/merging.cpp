#include "layers/merging.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "kernels/elementwise.h"
#include "layers/broadcasting.h"
#include "layers/emit_scale.h"

namespace lehr {

namespace {

constexpr std::size_t many = 64;  // inputs of one layer: views live in a fixed array, so that run() does not allocate

void check_count(std::span<const Shape> in) {
  if (in.size() < 2 || in.size() > many)
    throw Error({.category = Category::usage,
                 .what = "wrong number of inputs",
                 .expected = "2 to " + std::to_string(many),
                 .got = std::to_string(in.size())});
}

Shape merged_shape(std::span<const Shape> in) {
  check_count(in);
  Shape out = in[0];
  for (const auto& shape : in) out = broadcast_shape(out, shape);
  return out;
}

/// f(f(x_1, x_2), x_3) ...
Value emit_chain(Emission& e, BinaryFunction function) {
  Value y = e.x[0];
  Shape shape = e.shapes[0];
  for (std::size_t i = 1; i < e.x.size(); ++i) {
    y = emit_broadcast(e, function, y, shape, e.x[i], e.shapes[i]);
    shape = broadcast_shape(shape, e.shapes[i]);
  }
  return y;
}

class ChainLayer final : public Layer {
 public:
  ChainLayer(BinaryFunction function, std::size_t inputs) : function_(function), inputs_(inputs) {}
  std::size_t max_inputs() const override { return inputs_; }
  Shape output_shape(std::span<const Shape> in) const override { return merged_shape(in); }
  Value emit(Emission& e) const override { return emit_chain(e, function_); }

 private:
  BinaryFunction function_;
  std::size_t inputs_;
};

class AverageLayer final : public Layer {
 public:
  std::size_t max_inputs() const override { return many; }
  Shape output_shape(std::span<const Shape> in) const override { return merged_shape(in); }
  Value emit(Emission& e) const override {
    const Value sum = make_layer(Add{})->emit(e);
    return emit_scale(e.plan, e.name, sum, 1, {1.0F / static_cast<float>(e.x.size())});
  }
};

class AddLayer final : public Layer {
 public:
  std::size_t max_inputs() const override { return many; }
  Shape output_shape(std::span<const Shape> in) const override { return merged_shape(in); }
  Value emit(Emission& e) const override {
    if (std::any_of(e.shapes.begin(), e.shapes.end(), [&](const Shape& s) { return s != e.output; }))
      return emit_chain(e, BinaryFunction::add);
    Planner& p = e.plan;
    const Value y = e.make_output();
    auto op = p.prepare(AddSpec{.count = p.count(y), .dtype = p.dtype(y)});
    p.add({.name = "add", .layer = e.name, .reads = e.x, .writes = {y}, .run = [op, x = e.x, y](const Binding& v, View, Stream& s) {
             std::array<ConstView, many> views;
             std::transform(x.begin(), x.end(), views.begin(), [&](Value value) { return v[value]; });
             op->run(std::span(views).first(x.size()), v[y], s);
           }});
    p.require_gradient(y, std::any_of(e.x.begin(), e.x.end(), [&](Value x) { return p.requires_gradient(x); }));
    p.on_backward([&p, x = e.x, y] {
      if (!p.has_gradient(y)) return;
      for (const Value input : x) p.pass_gradient(input, p.gradient(y));
    });
    return y;
  }
};

class ConcatenateLayer final : public Layer {
 public:
  explicit ConcatenateLayer(int axis) : axis_(axis) {}
  std::size_t max_inputs() const override { return many; }
  Shape output_shape(std::span<const Shape> in) const override {
    check_count(in);
    const std::size_t axis = axis_in(in[0]);
    auto extents = in[0].extents();
    std::int64_t sum = 0;
    for (const auto& shape : in) {
      auto other = shape.extents();
      if (other.size() == extents.size()) {
        sum += other[axis];
        other[axis] = extents[axis];
      }
      if (other != extents)
        throw Error({.category = Category::usage,
                     .what = "inputs must agree in all axes but the one they are joined along",
                     .expected = in[0].text(),
                     .got = shape.text()});
    }
    extents[axis] = sum;
    return Shape(std::move(extents));
  }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value y = e.make_output();
    // What lies before the axis is a row, what lies behind it belongs to its cells.
    const std::size_t axis = axis_in(e.shapes[0]);
    const auto from_axis = [&](const Shape& shape) {
      std::int64_t count = 1;
      for (std::size_t i = axis; i < shape.rank(); ++i) count *= shape[i];
      return count;
    };
    ConcatenateSpec spec{.rows = p.count(y) / from_axis(e.output), .channels = {}, .dtype = p.dtype(y)};
    for (const auto& shape : e.shapes) spec.channels.push_back(from_axis(shape));
    auto op = p.prepare(spec);
    p.add({.name = "concatenate", .layer = e.name, .reads = e.x, .writes = {y}, .run = [op, x = e.x, y](const Binding& v, View, Stream& s) {
             std::array<ConstView, many> views;
             std::transform(x.begin(), x.end(), views.begin(), [&](Value value) { return v[value]; });
             op->run(std::span(views).first(x.size()), v[y], s);
           }});
    p.require_gradient(y, std::any_of(e.x.begin(), e.x.end(), [&](Value x) { return p.requires_gradient(x); }));
    p.on_backward([&p, op, x = e.x, y, name = e.name] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y);
      std::vector<Value> parts;
      for (const Value input : x)
        parts.push_back(p.requires_gradient(input) ? p.tensor("d " + name + " part", p.count(input), p.dtype(input)) : Value{});
      std::vector<Value> writes;
      std::copy_if(parts.begin(), parts.end(), std::back_inserter(writes), [](Value v) { return static_cast<bool>(v); });
      p.add({.name = "split", .layer = name, .reads = {dy}, .writes = writes, .run = [op, dy, parts](const Binding& v, View, Stream& s) {
               std::array<View, many> views;
               std::transform(parts.begin(), parts.end(), views.begin(), [&](Value value) { return v[value]; });
               op->split(v[dy], std::span<const View>(views).first(parts.size()), s);
             }});
      for (std::size_t i = 0; i < x.size(); ++i)
        if (parts[i]) p.pass_gradient(x[i], parts[i]);
    });
    return y;
  }

 private:
  std::size_t axis_in(const Shape& shape) const {
    const auto rank = static_cast<int>(shape.rank());
    const int axis = axis_ < 0 ? axis_ + rank : axis_ - 1;
    if (axis < 0 || axis >= rank)
      throw Error({.category = Category::usage,
                   .what = "axis must be one of the sample's",
                   .expected = "-1, or 1 to " + std::to_string(rank),
                   .got = std::to_string(axis_)});
    return static_cast<std::size_t>(axis);
  }
  int axis_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Add&) { return std::make_unique<AddLayer>(); }
std::unique_ptr<Layer> make_layer(const Subtract&) { return std::make_unique<ChainLayer>(BinaryFunction::subtract, 2); }
std::unique_ptr<Layer> make_layer(const Multiply&) { return std::make_unique<ChainLayer>(BinaryFunction::multiply, many); }
std::unique_ptr<Layer> make_layer(const Average&) { return std::make_unique<AverageLayer>(); }
std::unique_ptr<Layer> make_layer(const Maximum&) { return std::make_unique<ChainLayer>(BinaryFunction::maximum, many); }
std::unique_ptr<Layer> make_layer(const Minimum&) { return std::make_unique<ChainLayer>(BinaryFunction::minimum, many); }
std::unique_ptr<Layer> make_layer(const Concatenate& spec) { return std::make_unique<ConcatenateLayer>(spec.axis); }

}  // namespace lehr
