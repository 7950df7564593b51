#include "kernels/activation.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/activation.h"
#include "kernels/reference/sums.h"

namespace lehr::check {
namespace {

/// Odd multiples of 1/16 in [-5, 5): no kink of a problem in the lists is that near, and bfloat16 holds them all.
std::vector<double> away_from_kinks(std::int64_t count) {
  auto x = uniform(static_cast<std::size_t>(count), 3, -40, 40);
  for (double& v : x) v = (std::floor(v) * 2 + 1) / 16;
  return x;
}

struct Operands {
  ActivationSpec spec;
  Guarded &x, &y, &dy;  ///< y: the reference's, rounded

  std::int64_t count() const { return spec.rows * spec.channels; }
  Expected forward() const {
    auto y = reference::activation(spec, x.values());
    return spec.dtype == DType::bf16 ? within(std::move(y), 0.00391, 1e-6) : within(std::move(y), 1e-6, 3e-7);
  }
  /// From an output kept in bfloat16 the slope's own error is half a unit of its last place.
  Expected gradient() const {
    auto dx = reference::activation_backward(spec, x.values(), dy.values());
    return spec.dtype == DType::bf16 ? within(std::move(dx), 0.03, 0.008) : within(std::move(dx), 2e-6, 1e-6);
  }
};

void add_forward(Case& on, const Operands& o, bool in_place) {
  const auto op = on.prepare(o.spec);
  auto& y = on.memory(o.spec.dtype, o.count());
  on.add({.name = in_place ? "forward_in_place" : "forward",
          .run = [op, o, in_place, &y, &stream = on.stream()] { op->run(in_place ? y : o.x, y, stream); },
          .results = {{"y", &y, [o] { return o.forward(); }}},
          .bytes = traffic(o.x, y),
          .timed = !in_place,
          .reset =
              [o, in_place, &y] {
                if (in_place) y.copy_from(o.x);
              }});
}

void add_backward(Case& on, const Operands& o, bool in_place) {
  const auto op = on.prepare(ActivationBackwardSpec{o.spec});
  const bool from_output = gradient_from_output(o.spec.activation);
  auto& dx = on.memory(o.spec.dtype, o.count());
  on.add({.name = in_place ? "backward_in_place" : "backward",
          .run =
              [=, &dx, &stream = on.stream()] {
                op->run(from_output ? ConstView{} : o.x, from_output ? o.y : ConstView{}, in_place ? dx : o.dy, dx, stream);
              },
          .results = {{"dx", &dx, [o] { return o.gradient(); }}},
          .bytes = traffic(o.x, o.dy, dx),
          .timed = !in_place,
          .reset =
              [o, in_place, &dx] {
                if (in_place) dx.copy_from(o.dy);
              }});
}

void add_backward_with_bias(Case& on, const Operands& o, bool in_place) {
  const auto op = on.prepare(BiasActivationBackwardSpec{.forward = o.spec});
  auto &dz = on.memory(o.spec.dtype, o.count()), &d_bias = on.memory(DType::f32, o.spec.channels),
       &workspace = on.workspace(op->workspace_bytes());
  on.add(
      {.name = in_place ? "bias_backward_in_place" : "bias_backward",
       .run = [=, &dz, &d_bias, &workspace, &stream = on.stream()] { op->run(o.y, in_place ? dz : o.dy, dz, d_bias, workspace, stream); },
       .results = {{"dz", &dz, [o] { return o.gradient(); }},
                   {"d_bias", &d_bias,
                    [o] {
                      const Expected dz = o.gradient();
                      auto sums = reference::zeros(o.spec.channels);
                      std::vector<double> slack(sums.value.size());  // what the slopes' own errors add up to
                      for (std::size_t i = 0; i < dz.value.size(); ++i) {
                        reference::add(sums, i % sums.value.size(), dz.value[i]);
                        slack[i % sums.value.size()] += dz.allowed[i];
                      }
                      Expected e = within(DType::f32, static_cast<double>(o.spec.rows), std::move(sums.value), sums.magnitude);
                      for (std::size_t c = 0; c < slack.size(); ++c) e.allowed[c] += slack[c];
                      return e;
                    }}},
       .bytes = traffic(o.y, o.dy, dz),
       .timed = !in_place,
       .reset =
           [o, in_place, &dz] {
             if (in_place) dz.copy_from(o.dy);
           }});
}

}  // namespace

Case activation_case(const Problem& p, Backend& backend) {
  const ActivationSpec spec{.activation = activation_word(p),
                            .alpha = static_cast<float>(p.real("alpha", 0)),
                            .max_value = static_cast<float>(p.real("max_value", -1)),
                            .threshold = static_cast<float>(p.real("threshold", 0)),
                            .approximate = p.number("approximate", 0) != 0,
                            .rows = p.number("rows", 1),
                            .channels = p.number("c", 1),
                            .dtype = dtype_word(p)};
  Case on(backend);
  auto& x = on.input(spec.dtype, away_from_kinks(spec.rows * spec.channels));
  auto& y = on.input(spec.dtype, reference::activation(spec, x.values()));
  const Operands o{spec, x, y, on.input(spec.dtype, spec.rows * spec.channels)};
  for (const bool in_place : {false, true}) {
    add_forward(on, o, in_place);
    add_backward(on, o, in_place);
    const bool soft = spec.activation == Activation::softmax || spec.activation == Activation::log_softmax;
    if (p.number("bias", 0) != 0 && gradient_from_output(spec.activation) && !soft) add_backward_with_bias(on, o, in_place);
  }
  return on;
}

}  // namespace lehr::check
