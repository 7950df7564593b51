#include "layers/merging.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "kernels/elementwise.h"

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

class AddLayer final : public Layer {
 public:
  std::size_t max_inputs() const override { return many; }
  Shape output_shape(std::span<const Shape> in) const override {
    check_count(in);
    for (const auto& shape : in)
      if (shape != in[0])
        throw Error({.category = Category::usage, .what = "inputs must have one shape", .expected = in[0].text(), .got = shape.text()});
    return in[0];
  }
  Value emit(Emission& e) const override {
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
    if (axis_ != -1 && axis_ != static_cast<int>(in[0].rank()))
      throw Error({.category = Category::usage, .what = "axis must be the last", .expected = "-1", .got = std::to_string(axis_)});
    auto extents = in[0].extents();
    std::int64_t channels = 0;
    for (const auto& shape : in) {
      auto other = shape.extents();
      channels += other.back();
      other.back() = extents.back();
      if (other != extents)
        throw Error({.category = Category::usage,
                     .what = "inputs must agree in all axes but the last",
                     .expected = in[0].text(),
                     .got = shape.text()});
    }
    extents.back() = channels;
    return Shape(std::move(extents));
  }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value y = e.make_output();
    ConcatenateSpec spec{.rows = p.count(y) / e.output.back(), .channels = {}, .dtype = p.dtype(y)};
    for (const auto& shape : e.shapes) spec.channels.push_back(shape.back());
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
  int axis_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Add&) { return std::make_unique<AddLayer>(); }
std::unique_ptr<Layer> make_layer(const Concatenate& spec) { return std::make_unique<ConcatenateLayer>(spec.axis); }

}  // namespace lehr
