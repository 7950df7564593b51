#include "layers/layer_normalization.h"

#include "kernels/group_norm.h"

namespace lehr {

namespace {

/// The last axes of a sample that are normalized together. Throws Error{usage} where `axis` names others.
std::size_t trailing(const std::vector<int>& axis, const Shape& in) {
  const auto rank = static_cast<int>(in.rank());
  std::vector<bool> named(in.rank(), false);
  bool fits = !axis.empty();
  for (const int a : axis) {
    const int at = a < 0 ? a + rank : a - 1;  // the batch is axis 0
    fits = fits && at >= 0 && at < rank;
    if (fits) named[static_cast<std::size_t>(at)] = true;
  }
  std::size_t count = 0;
  while (count < in.rank() && named[in.rank() - 1 - count]) ++count;
  for (std::size_t i = 0; i + count < in.rank(); ++i) fits = fits && !named[i];
  if (!fits || count == 0)
    throw Error({.category = Category::usage,
                 .what = "axis must be the last axes",
                 .expected = "-1, or the last ones up to " + std::to_string(rank),
                 .got = in.text()});
  return count;
}

template <class Spec>
class SampleNormalization : public Layer {
 public:
  explicit SampleNormalization(Spec spec) : spec_(std::move(spec)) {}
  Shape output_shape(std::span<const Shape> in) const override {
    shape_of(in[0], 1);
    return in[0];
  }
  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    std::vector<LayerWeight> out;
    const Shape shape = weight_shape(in[0]);
    if (spec_.scale)
      out.push_back({.name = "gamma",
                     .shape = shape,
                     .initializer = spec_.gamma_initializer,
                     .regularizer = spec_.gamma_regularizer,
                     .constraint = spec_.gamma_constraint});
    if (spec_.center)
      out.push_back({.name = "beta",
                     .shape = shape,
                     .initializer = spec_.beta_initializer,
                     .regularizer = spec_.beta_regularizer,
                     .constraint = spec_.beta_constraint});
    return out;
  }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    GroupNormSpec spec = shape_of(e.shapes[0], e.batch());
    spec.epsilon = static_cast<float>(spec_.epsilon);
    spec.dtype = p.dtype(e.x[0]);
    const auto gamma_index = spec_.scale ? std::optional(e.weights[0]) : std::nullopt;
    const auto beta_index = spec_.center ? std::optional(e.weights[spec_.scale ? 1 : 0]) : std::nullopt;
    const Value x = e.x[0], y = e.make_output(), gamma = gamma_index ? p.weight(*gamma_index) : Value{},
                beta = beta_index ? p.weight(*beta_index) : Value{};
    const Value mean = p.tensor(e.name + " mean", spec.batch * spec.groups, DType::f32),
                inverse = p.tensor(e.name + " inverse deviation", spec.batch * spec.groups, DType::f32);
    auto forward = p.prepare(spec);
    p.add({.name = "normalization",
           .layer = e.name,
           .reads = {x, gamma, beta},
           .writes = {y, mean, inverse},
           .run = [forward, x, gamma, beta, y, mean, inverse](const Binding& v, View, Stream& s) {
             forward->run(v[x], v[gamma], v[beta], v[y], v[mean], v[inverse], s);
           }});

    const auto trained = [&](std::optional<std::size_t> weight) { return weight && p.state().tensors()[*weight].trainable; };
    const bool scale_trains = trained(gamma_index), center_trains = trained(beta_index);
    p.require_gradient(y, p.requires_gradient(x) || scale_trains || center_trains);
    p.on_backward([&p, x, gamma, y, mean, inverse, spec, name = e.name, scale = scale_trains ? gamma_index : std::nullopt,
                   center = center_trains ? beta_index : std::nullopt] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y), d_gamma = scale ? p.tensor("d " + name + "/gamma", spec.channels, DType::f32) : Value{},
                  d_beta = center ? p.tensor("d " + name + "/beta", spec.channels, DType::f32) : Value{};
      const auto emit = [&](Value dx) {
        auto op = p.prepare(GroupNormBackwardSpec{spec});
        std::vector<Value> writes;
        for (const Value v : {dx, d_gamma, d_beta})
          if (v) writes.push_back(v);
        p.add({.name = "normalization backward",
               .layer = name,
               .reads = {x, dy, gamma, mean, inverse},
               .writes = writes,
               .workspace_bytes = op->workspace_bytes(),
               .run = [op, x, dy, gamma, mean, inverse, dx, d_gamma, d_beta](const Binding& v, View ws, Stream& s) {
                 op->run(v[x], v[dy], v[gamma], v[mean], v[inverse], v[dx], v[d_gamma], v[d_beta], ws, s);
               }});
      };
      if (p.requires_gradient(x))
        p.contribute(x, emit);
      else
        emit(Value{});
      if (scale) p.contribute_weight(*scale, [&](Value dw) { p.copy(name, d_gamma, dw); });
      if (center) p.contribute_weight(*center, [&](Value dw) { p.copy(name, d_beta, dw); });
    });
    return y;
  }

 protected:
  virtual GroupNormSpec shape_of(const Shape& in, std::int64_t batch) const = 0;
  virtual Shape weight_shape(const Shape& in) const = 0;
  Spec spec_;
};

class LayerNormalizationLayer final : public SampleNormalization<LayerNormalization> {
 public:
  using SampleNormalization::SampleNormalization;

 private:
  GroupNormSpec shape_of(const Shape& in, std::int64_t batch) const override {
    const std::int64_t channels = weight_shape(in).elements();
    return {.batch = batch * in.elements() / channels, .pixels = 1, .channels = channels, .groups = 1};
  }
  Shape weight_shape(const Shape& in) const override {
    const std::size_t count = trailing(spec_.axis, in);
    return Shape(std::vector<std::int64_t>(in.extents().end() - static_cast<std::ptrdiff_t>(count), in.extents().end()));
  }
};

class GroupNormalizationLayer final : public SampleNormalization<GroupNormalization> {
 public:
  using SampleNormalization::SampleNormalization;

 private:
  GroupNormSpec shape_of(const Shape& in, std::int64_t batch) const override {
    if (trailing({spec_.axis}, in) != 1) return {};
    const std::int64_t channels = in.back(), groups = spec_.groups == -1 ? channels : spec_.groups;
    if (groups < 1 || channels % groups != 0)
      throw Error({.category = Category::usage,
                   .what = "channels must be a multiple of groups",
                   .expected = "a multiple of " + std::to_string(groups),
                   .got = std::to_string(channels)});
    return {.batch = batch, .pixels = in.elements() / channels, .channels = channels, .groups = groups};
  }
  Shape weight_shape(const Shape& in) const override { return {in.back()}; }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const LayerNormalization& spec) { return std::make_unique<LayerNormalizationLayer>(spec); }
std::unique_ptr<Layer> make_layer(const GroupNormalization& spec) { return std::make_unique<GroupNormalizationLayer>(spec); }

}  // namespace lehr
