#include "kernels/batch_norm.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/batch_norm.h"

namespace lehr::check {
namespace {

struct Operands {
  BatchNormSpec spec;
  double centre;  ///< of x
  Guarded &x, &dy, &gamma, &beta, &moving_mean, &moving_variance;

  double epsilon() const { return static_cast<double>(spec.epsilon); }
  /// What normalizes: of the batch in training, the moving ones otherwise.
  reference::Statistics statistics() const {
    if (!spec.training) return {moving_mean.values(), moving_variance.values()};
    return reference::statistics(static_cast<std::size_t>(spec.channels), x.values());
  }
  Expected y() const {
    auto y = reference::batch_norm(statistics(), epsilon(), x.values(), gamma.values(), beta.values());
    return within(spec.dtype, 1, std::move(y.value), y.magnitude);
  }
  /// Statistics are right to a few roundings of numbers of x's size, however many rows there are.
  Expected statistic(std::vector<double> value) const {
    const std::vector<double> magnitude(value.size(), 1 + std::abs(centre));
    return within(DType::f32, 1, std::move(value), magnitude);
  }
  Expected inverse() const {
    auto inverse = statistics().variance;
    for (double& v : inverse) v = 1 / std::sqrt(v + epsilon());
    return within(std::move(inverse), 1e-6, 0);
  }
  Expected moved(const Guarded& from, const std::vector<double>& batch, bool moves) const {
    if (!moves) return exactly(from.values());
    const auto momentum = static_cast<double>(spec.momentum);
    auto to = from.values();
    for (std::size_t c = 0; c < to.size(); ++c) to[c] = to[c] * momentum + batch[c] * (1 - momentum);
    return statistic(std::move(to));
  }
  /// The contract: sums in float32 over 64 rows, in double beyond.
  Expected gradient(DType dtype, reference::Sums reference::BatchNormGradients::* which) const {
    auto g = reference::batch_norm_backward(statistics(), epsilon(), spec.training, x.values(), dy.values(), gamma.values()).*which;
    return within(dtype, 64, std::move(g.value), g.magnitude);
  }
};

struct Way {
  const char* name;
  bool in_place = false;
  StepCounters counters = {};
};

void add_forward(Case& on, const Operands& o, const Way& way) {
  const auto op = on.prepare(o.spec);
  const std::int64_t c = o.spec.channels;
  auto &y = on.memory(o.spec.dtype, o.spec.rows * c), &mean = on.memory(DType::f32, c), &inverse = on.memory(DType::f32, c),
       &moving_mean = on.memory(DType::f32, c), &moving_variance = on.memory(DType::f32, c),
       &workspace = on.workspace(op->workspace_bytes());
  const bool moves = o.spec.training && way.counters.stop == 0;
  const auto reset = [=, &y, &moving_mean, &moving_variance] {
    moving_mean.copy_from(o.moving_mean);
    moving_variance.copy_from(o.moving_variance);
    if (way.in_place) y.copy_from(o.x);
  };
  reset();
  on.add(
      {.name = way.name,
       .run =
           [=, counters = on.record(way.counters), &y, &mean, &inverse, &moving_mean, &moving_variance, &workspace, &stream = on.stream()] {
             op->run(way.in_place ? y : o.x, o.gamma, o.beta, moving_mean, moving_variance, y, mean, inverse, counters, workspace, stream);
           },
       .results = {{"y", &y, [o] { return o.y(); }},
                   {"mean", &mean, [o] { return o.statistic(o.statistics().mean); }},
                   {"inverse", &inverse, [o] { return o.inverse(); }},
                   {"moving_mean", &moving_mean, [o, moves] { return o.moved(o.moving_mean, o.statistics().mean, moves); }},
                   {"moving_variance", &moving_variance,
                    [o, moves] { return o.moved(o.moving_variance, o.statistics().variance, moves); }}},
       .bytes = traffic(o.x, y),
       .timed = !way.in_place && way.counters.stop == 0,
       .reset = reset});
}

void add_backward(Case& on, const Operands& o, const char* name, bool in_place, bool wants_dx) {
  using Gradients = reference::BatchNormGradients;
  const auto op = on.prepare(BatchNormBackwardSpec{o.spec});
  const std::int64_t c = o.spec.channels;
  auto &dx = on.memory(o.spec.dtype, wants_dx ? o.spec.rows * c : 0), &d_gamma = on.memory(DType::f32, c),
       &d_beta = on.memory(DType::f32, c), &workspace = on.workspace(op->workspace_bytes());
  const auto statistics = o.statistics();
  auto inverses = statistics.variance;
  for (double& v : inverses) v = 1 / std::sqrt(v + o.epsilon());
  auto &mean = on.input(DType::f32, statistics.mean), &inverse = on.input(DType::f32, inverses);
  Pass pass{.name = name,
            .run =
                [=, &dx, &d_gamma, &d_beta, &mean, &inverse, &workspace, &stream = on.stream()] {
                  op->run(o.x, in_place ? dx : o.dy, o.gamma, mean, inverse, dx, d_gamma, d_beta, workspace, stream);
                },
            .results = {{"d_gamma", &d_gamma, [o] { return o.gradient(DType::f32, &Gradients::d_gamma); }},
                        {"d_beta", &d_beta, [o] { return o.gradient(DType::f32, &Gradients::d_beta); }}},
            .bytes = traffic(o.x, o.dy, dx),
            .timed = !in_place && wants_dx};
  if (wants_dx) pass.results.push_back({"dx", &dx, [o] { return o.gradient(o.spec.dtype, &Gradients::dx); }});
  if (in_place) pass.reset = [o, &dx] { dx.copy_from(o.dy); };
  on.add(std::move(pass));
}

}  // namespace

Case batch_norm_case(const Problem& p, Backend& backend) {
  const BatchNormSpec spec{
      .rows = p.number("rows", 1), .channels = p.number("c", 1), .training = p.number("training", 1) != 0, .dtype = dtype_word(p)};
  const double centre = p.real("mean", 0);
  const std::int64_t n = spec.rows * spec.channels, c = spec.channels;
  Case on(backend);
  const Operands o{spec,
                   centre,
                   on.input(spec.dtype, n, centre - 1, centre + 1),
                   on.input(spec.dtype, n),
                   on.input(DType::f32, p.number("scale", 1) != 0 ? c : 0, 0.5, 2),
                   on.input(DType::f32, p.number("center", 1) != 0 ? c : 0),
                   on.input(DType::f32, c, centre - 0.1, centre + 0.1),
                   on.input(DType::f32, c, 0.3, 0.4)};
  add_forward(on, o, {.name = "forward"});
  add_forward(on, o, {.name = "forward_in_place", .in_place = true});
  if (spec.training) add_forward(on, o, {.name = "forward_stopped", .counters = {.stop = 1}});
  add_backward(on, o, "backward", false, true);
  add_backward(on, o, "backward_in_place", true, true);
  add_backward(on, o, "weight_gradients", false, false);
  return on;
}

}  // namespace lehr::check
