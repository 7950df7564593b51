#include "layers/reshaping.h"

#include <algorithm>

#include "kernels/spatial.h"

namespace lehr {

namespace {

/// Emits nothing: y is another name for x.
class RenamingLayer : public Layer {
 public:
  Shape output_shape(std::span<const Shape> in) const override { return in[0]; }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0], y = p.alias(x, e.name);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y] {
      if (p.has_gradient(y)) p.pass_gradient(x, p.gradient(y));
    });
    return y;
  }
};

class FlattenLayer final : public RenamingLayer {
 public:
  Shape output_shape(std::span<const Shape> in) const override { return {in[0].elements()}; }
};

class ReshapeLayer final : public RenamingLayer {
 public:
  explicit ReshapeLayer(std::vector<int> target) : target_(target.begin(), target.end()) {
    const auto open = std::count(target_.begin(), target_.end(), -1);
    if (open > 1 || std::any_of(target_.begin(), target_.end(), [](std::int64_t v) { return v == 0 || v < -1; }))
      throw Error({.category = Category::usage,
                   .what = "target_shape has extents of 1 or more, one of them may be -1",
                   .expected = "as [28, 28, 1] or [-1, 6]",
                   .got = Shape(target_).text()});
  }
  Shape output_shape(std::span<const Shape> in) const override {
    auto extents = target_;
    std::int64_t known = 1;
    for (const auto extent : extents)
      if (extent > 0) known = known > in[0].elements() ? known : known * extent;  // beyond the input's size it is wrong anyhow
    const auto open = std::find(extents.begin(), extents.end(), -1);
    const bool divides = open == extents.end() ? known == in[0].elements() : in[0].elements() % known == 0;
    if (!divides)
      throw Error({.category = Category::usage,
                   .what = "target_shape does not hold the input's elements",
                   .expected = std::to_string(in[0].elements()) + " elements, as " + in[0].text(),
                   .got = Shape(target_).text()});
    if (open != extents.end()) *open = in[0].elements() / known;
    return Shape(std::move(extents));
  }

 private:
  std::vector<std::int64_t> target_;
};

class PermuteLayer final : public Layer {
 public:
  explicit PermuteLayer(std::vector<int> dims) : dims_(std::move(dims)) {
    auto sorted = dims_;
    std::sort(sorted.begin(), sorted.end());
    bool fits = !dims_.empty() && dims_.size() < PermuteSpec::most;
    for (std::size_t i = 0; i < sorted.size(); ++i) fits = fits && sorted[i] == static_cast<int>(i) + 1;
    if (!fits) {
      std::string got;
      for (const int d : dims_) got += (got.empty() ? "" : ", ") + std::to_string(d);
      throw Error({.category = Category::usage,
                   .what = "dims names each axis once, counted from 1",
                   .expected = "as [2, 1]",
                   .got = "[" + got + "]"});
    }
  }
  Shape output_shape(std::span<const Shape> in) const override {
    if (in[0].rank() != dims_.size())
      throw Error({.category = Category::usage,
                   .what = "dims has another number of axes than the input",
                   .expected = std::to_string(dims_.size()) + " axes",
                   .got = in[0].text()});
    std::vector<std::int64_t> extents;
    for (const int d : dims_) extents.push_back(in[0][static_cast<std::size_t>(d - 1)]);
    return Shape(std::move(extents));
  }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0], y = e.make_output();
    PermuteSpec forward{.rank = dims_.size() + 1, .dtype = p.dtype(x)}, backward = forward;
    forward.extents[0] = backward.extents[0] = e.batch();
    for (std::size_t k = 0; k < dims_.size(); ++k) {
      const auto d = static_cast<std::size_t>(dims_[k]);
      forward.extents[k + 1] = e.shapes[0][k];
      backward.extents[k + 1] = e.output[k];
      forward.order[k + 1] = d;
      backward.order[d] = k + 1;
    }
    const auto emit = [&p, name = e.name](const char* what, const PermuteSpec& spec, Value from, Value to) {
      auto op = p.prepare(spec);
      p.add({.name = what, .layer = name, .reads = {from}, .writes = {to}, .run = [op, from, to](const Binding& v, View, Stream& s) {
               op->run(v[from], v[to], s);
             }});
    };
    emit("permute", forward, x, y);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, backward, emit] {
      if (p.has_gradient(y)) p.contribute(x, [&](Value dx) { emit("permute backward", backward, p.gradient(y), dx); });
    });
    return y;
  }

 private:
  std::vector<int> dims_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Flatten&) { return std::make_unique<FlattenLayer>(); }
std::unique_ptr<Layer> make_layer(const Identity&) { return std::make_unique<RenamingLayer>(); }
std::unique_ptr<Layer> make_layer(const Reshape& spec) { return std::make_unique<ReshapeLayer>(spec.target_shape); }
std::unique_ptr<Layer> make_layer(const Permute& spec) { return std::make_unique<PermuteLayer>(spec.dims); }

}  // namespace lehr
