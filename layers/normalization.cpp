#include "layers/normalization.h"

#include <algorithm>
#include <cmath>

#include "kernels/batch_norm.h"
#include "layers/emit_scale.h"

namespace lehr {

namespace {

class NormalizationLayer final : public Layer {
 public:
  explicit NormalizationLayer(Normalization spec) : spec_(std::move(spec)) {
    if (spec_.mean.has_value() != spec_.variance.has_value())
      throw Error({.category = Category::usage, .what = "mean and variance are given together", .expected = "both or none", .got = "one"});
  }
  bool takes_raw_range() const override { return true; }
  Shape output_shape(std::span<const Shape> in) const override {
    const auto rank = static_cast<int>(in[0].rank());
    if (rank == 0 || spec_.axis.size() > 1 || (!spec_.axis.empty() && spec_.axis[0] != -1 && spec_.axis[0] != rank))
      throw Error({.category = Category::usage, .what = "axis must be the last", .expected = "-1, [-1] or []", .got = in[0].text()});
    if (spec_.mean)
      for (const auto& numbers : {*spec_.mean, *spec_.variance})
        if (numbers.values.size() != 1 && static_cast<std::int64_t>(numbers.values.size()) != in[0].back())
          throw Error({.category = Category::usage,
                       .what = "mean and variance do not fit the channels",
                       .expected = "one number or " + std::to_string(in[0].back()),
                       .got = std::to_string(numbers.values.size())});
    return in[0];
  }
  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    if (spec_.mean) return {};
    const Shape shape = spec_.axis.empty() ? Shape{} : Shape{in[0].back()};
    return {{.name = "mean", .shape = shape, .initializer = zeros, .statistic = true},
            {.name = "variance", .shape = shape, .initializer = ones, .statistic = true},
            {.name = "count", .shape = {}, .initializer = zeros, .statistic = true}};
  }
  Value emit(Emission& e) const override { return spec_.mean ? constant(e) : adapted(e); }

 private:
  static constexpr double least = 1e-7;  // keras.config.epsilon()

  Value constant(Emission& e) const {
    const auto &mean = spec_.mean->values, &variance = spec_.variance->values;
    std::vector<float> scale, offset;
    for (std::size_t i = 0; i < std::max(mean.size(), variance.size()); ++i) {
      const double m = mean[mean.size() == 1 ? 0 : i], deviation = std::max(std::sqrt(variance[variance.size() == 1 ? 0 : i]), least);
      scale.push_back(static_cast<float>(spec_.invert ? deviation : 1 / deviation));
      offset.push_back(static_cast<float>(spec_.invert ? m : -m / deviation));
    }
    return emit_scale(e.plan, e.name, e.x[0], e.output.back(), std::move(scale), std::move(offset));
  }

  // Batch normalization's inference: sqrt(variance + 1e-14) is at least 1e-7.
  Value adapted(Emission& e) const {
    if (spec_.invert)
      throw Error({.category = Category::usage,
                   .what = "invert without given mean and variance is not supported",
                   .expected = "mean and variance"});
    Planner& p = e.plan;
    const Value x = e.x[0], y = e.make_output(), mean = p.weight(e.weights[0]), variance = p.weight(e.weights[1]);
    const std::int64_t channels = p.count(mean);
    const BatchNormSpec spec{.rows = p.count(x) / channels,
                             .channels = channels,
                             .epsilon = static_cast<float>(least * least),
                             .training = false,
                             .dtype = p.dtype(x)};
    const Value saved_mean = p.tensor(e.name + " mean", channels, DType::f32),
                inverse = p.tensor(e.name + " inverse deviation", channels, DType::f32);
    auto forward = p.prepare(spec);
    p.add({.name = "normalization",
           .layer = e.name,
           .reads = {x, mean, variance},
           .writes = {y, saved_mean, inverse},
           .workspace_bytes = forward->workspace_bytes(),
           .run = [forward, x, mean, variance, y, saved_mean, inverse](const Binding& v, View ws, Stream& s) {
             forward->run(v[x], {}, {}, v[mean], v[variance], v[y], v[saved_mean], v[inverse], nullptr, ws, s);
           }});
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, saved_mean, inverse, spec, name = e.name] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y);
      p.contribute(x, [&](Value dx) {
        auto op = p.prepare(BatchNormBackwardSpec{spec});
        p.add({.name = "normalization backward",
               .layer = name,
               .reads = {x, dy, saved_mean, inverse},
               .writes = {dx},
               .workspace_bytes = op->workspace_bytes(),
               .run = [op, x, dy, saved_mean, inverse, dx](const Binding& v, View ws, Stream& s) {
                 op->run(v[x], v[dy], {}, v[saved_mean], v[inverse], v[dx], {}, {}, ws, s);
               }});
      });
    });
    return y;
  }

  Normalization spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Normalization& spec) { return std::make_unique<NormalizationLayer>(spec); }

}  // namespace lehr
