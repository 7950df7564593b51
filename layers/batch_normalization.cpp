#include "layers/batch_normalization.h"

#include "kernels/batch_norm.h"

namespace lehr {

namespace {

class BatchNormalizationLayer final : public Layer {
 public:
  explicit BatchNormalizationLayer(BatchNormalization spec) : spec_(std::move(spec)) {}

  Shape output_shape(std::span<const Shape> in) const override {
    const auto rank = static_cast<int>(in[0].rank());
    if (rank == 0 || (spec_.axis != -1 && spec_.axis != rank))
      throw Error({.category = Category::usage,
                   .what = "axis must be the last",
                   .expected = "-1 or " + std::to_string(rank),
                   .got = std::to_string(spec_.axis)});
    return in[0];
  }

  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    const Shape channels{in[0].back()};
    std::vector<LayerWeight> out;
    if (spec_.scale) out.push_back({.name = "gamma", .shape = channels, .initializer = spec_.gamma_initializer});
    if (spec_.center) out.push_back({.name = "beta", .shape = channels, .initializer = spec_.beta_initializer});
    out.push_back({.name = "moving_mean", .shape = channels, .initializer = spec_.moving_mean_initializer, .statistic = true});
    out.push_back({.name = "moving_variance", .shape = channels, .initializer = spec_.moving_variance_initializer, .statistic = true});
    return out;
  }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const std::int64_t channels = e.output.back();
    std::size_t next = 0;
    const auto gamma_index = spec_.scale ? std::optional(e.weights[next++]) : std::nullopt;
    const auto beta_index = spec_.center ? std::optional(e.weights[next++]) : std::nullopt;
    const Value x = e.x[0], y = e.make_output();
    const Value gamma = gamma_index ? p.weight(*gamma_index) : Value{}, beta = beta_index ? p.weight(*beta_index) : Value{};
    const Value moving_mean = p.weight(e.weights[next]), moving_variance = p.weight(e.weights[next + 1]);
    const bool batch_statistics = p.training() && e.trainable;
    const BatchNormSpec spec{.rows = p.count(x) / channels,
                             .channels = channels,
                             .momentum = static_cast<float>(spec_.momentum),
                             .epsilon = static_cast<float>(spec_.epsilon),
                             .training = batch_statistics,
                             .dtype = p.dtype(x)};
    const Value mean = p.tensor(e.name + " mean", channels, DType::f32),
                inverse = p.tensor(e.name + " inverse deviation", channels, DType::f32);
    auto forward = p.prepare(spec);
    std::vector<Value> writes{y, mean, inverse};
    if (batch_statistics) writes.insert(writes.end(), {moving_mean, moving_variance});
    p.add({.name = "batch normalization",
           .layer = e.name,
           .reads = {x, gamma, beta, moving_mean, moving_variance},
           .writes = writes,
           .workspace_bytes = forward->workspace_bytes(),
           .run = [forward, x, gamma, beta, moving_mean, moving_variance, y, mean, inverse, counters = p.state().counters()](
                      const Binding& v, View ws, Stream& s) {
             forward->run(v[x], v[gamma], v[beta], v[moving_mean], v[moving_variance], v[y], v[mean], v[inverse], counters, ws, s);
           }});

    const bool scale_trains = gamma_index && p.state().tensors()[*gamma_index].trainable,
               center_trains = beta_index && p.state().tensors()[*beta_index].trainable;
    p.require_gradient(y, p.requires_gradient(x) || scale_trains || center_trains);
    p.on_backward([&p, x, gamma, y, mean, inverse, spec, channels, name = e.name, scale = scale_trains ? gamma_index : std::nullopt,
                   center = center_trains ? beta_index : std::nullopt] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y), d_gamma = p.tensor("d " + name + "/gamma", channels, DType::f32),
                  d_beta = p.tensor("d " + name + "/beta", channels, DType::f32);
      const auto emit = [&](Value dx) {
        auto op = p.prepare(BatchNormBackwardSpec{spec});
        std::vector<Value> outputs{d_gamma, d_beta};
        if (dx) outputs.push_back(dx);
        p.add({.name = "batch normalization backward",
               .layer = name,
               .reads = {x, dy, gamma, mean, inverse},
               .writes = outputs,
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

 private:
  BatchNormalization spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const BatchNormalization& spec) { return std::make_unique<BatchNormalizationLayer>(spec); }

}  // namespace lehr
