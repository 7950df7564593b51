#include "kernels/loss.h"

#include <algorithm>
#include <cmath>

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/loss.h"

namespace lehr::check {
namespace {

bool sparse(const LossSpec& s) { return s.kind == LossKind::sparse_categorical_crossentropy; }
bool one_hot(const LossSpec& s) {
  return sparse(s) || s.kind == LossKind::categorical_crossentropy || s.kind == LossKind::categorical_focal_crossentropy ||
         s.kind == LossKind::categorical_hinge;
}
bool of_ones_and_zeros(const LossSpec& s) {
  return s.kind == LossKind::binary_crossentropy || s.kind == LossKind::binary_focal_crossentropy;
}
/// -1 and 1, in every second row 0 and 1, and 0.05 away from yz = 1, where the derivative of max(0, 1 - yz) jumps.
double side(double z, double draw, std::int64_t row) {
  const double y = draw > 0 ? 1 : -1, kept = std::abs(1 - y * z) < 0.05 ? -y : y;
  return row % 2 == 0 && kept < 0 ? 0 : kept;
}

/// One target a class. Real ones keep 0.05 away from z and from |z - y| = 0.7, where derivatives jump.
std::vector<double> targets(const LossSpec& s, const std::vector<double>& z) {
  std::vector<double> y;
  const auto draw = uniform(z.size(), 22);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i) / s.classes, k = static_cast<std::int64_t>(i) % s.classes;
    if (one_hot(s))
      y.push_back(k == (row * 7 + 3) % s.classes ? 1 : 0);
    else if (of_ones_and_zeros(s))
      y.push_back(draw[i] > 0 ? 1 : 0);
    else if (s.kind == LossKind::hinge || s.kind == LossKind::squared_hinge)
      y.push_back(side(z[i], draw[i], row));
    else
      y.push_back(static_cast<double>(static_cast<float>(z[i] + (draw[i] > 0 ? 1 : -1) * (std::abs(draw[i]) > 0.5 ? 1.25 : 0.3))));
  }
  return y;
}

struct Operands {
  LossSpec spec;
  Guarded &z, &labels, &sample_weights, &class_weights;
  std::vector<double> y;

  std::size_t classes() const { return static_cast<std::size_t>(spec.classes); }
  std::vector<double> row(const std::vector<double>& v, std::size_t r) const {
    const auto begin = v.begin() + static_cast<std::ptrdiff_t>(r * classes());
    return {begin, begin + spec.classes};
  }
  /// Class weights go by the label: argmax of one-hot, round of a single number.
  double weight(std::size_t r) const {
    double w = spec.sample_weights ? sample_weights.values()[r] : 1;
    if (!spec.class_weights) return w;
    const auto of_row = row(y, r);
    const auto label = classes() == 1 && !sparse(spec) ? static_cast<std::size_t>(std::lround(of_row[0]))
                                                       : static_cast<std::size_t>(std::ranges::max_element(of_row) - of_row.begin());
    return w * class_weights.values()[label];
  }
  Expected losses() const {
    std::vector<double> out;
    const auto scores = z.values();
    for (std::size_t r = 0; r < static_cast<std::size_t>(spec.rows); ++r)
      out.push_back(weight(r) * reference::loss(spec, row(scores, r), row(y, r)));
    return within(std::move(out), 1e-6, 2e-6);
  }
  /// Central differences of each row's loss.
  Expected gradient() const {
    constexpr double h = 1e-5;
    const auto scores = z.values();
    const auto scale = static_cast<double>(spec.gradient_scale);
    std::vector<double> out;
    for (std::size_t r = 0; r < static_cast<std::size_t>(spec.rows); ++r) {
      const auto target = row(y, r);
      auto at = row(scores, r);
      const double w = weight(r) * scale;
      for (double& v : at) {
        const double kept = v;
        v = kept + h;
        const double above = reference::loss(spec, at, target);
        v = kept - h;
        const double below = reference::loss(spec, at, target);
        v = kept;
        out.push_back(w * (above - below) / (2 * h));
      }
    }
    return spec.dtype == DType::bf16 ? within(std::move(out), 0.004, 2e-6 * scale) : within(std::move(out), 1e-5, 2e-6 * scale);
  }
};

void add_pass(Case& on, const Operands& o, const char* name, bool wants_gradient, bool in_place) {
  const auto op = on.prepare(o.spec);
  auto &per_sample = on.memory(DType::f32, o.spec.rows), &dz = on.memory(o.spec.dtype, wants_gradient ? o.spec.rows * o.spec.classes : 0);
  Pass pass{
      .name = name,
      .run = [=, &per_sample, &dz,
              &stream = on.stream()] { op->run(in_place ? dz : o.z, o.labels, o.sample_weights, o.class_weights, per_sample, dz, stream); },
      .results = {{"loss", &per_sample, [o] { return o.losses(); }}},
      .bytes = traffic(o.z, o.labels, per_sample, dz),
      .timed = !in_place,
      .reset =
          [o, in_place, &dz] {
            if (in_place) dz.copy_from(o.z);
          }};
  if (wants_gradient) pass.results.push_back({"dz", &dz, [o] { return o.gradient(); }});
  on.add(std::move(pass));
}

}  // namespace

Case loss_case(const Problem& p, Backend& backend) {
  LossSpec s{.kind = word_of<LossKind>(p, "kind", LossKind::sparse_categorical_crossentropy,
                                       {{"sparse_categorical_crossentropy", LossKind::sparse_categorical_crossentropy},
                                        {"categorical_crossentropy", LossKind::categorical_crossentropy},
                                        {"binary_crossentropy", LossKind::binary_crossentropy},
                                        {"mean_squared_error", LossKind::mean_squared_error},
                                        {"mean_absolute_error", LossKind::mean_absolute_error},
                                        {"mean_absolute_percentage_error", LossKind::mean_absolute_percentage_error},
                                        {"mean_squared_logarithmic_error", LossKind::mean_squared_logarithmic_error},
                                        {"log_cosh", LossKind::log_cosh},
                                        {"huber", LossKind::huber},
                                        {"hinge", LossKind::hinge},
                                        {"squared_hinge", LossKind::squared_hinge},
                                        {"categorical_hinge", LossKind::categorical_hinge},
                                        {"kl_divergence", LossKind::kl_divergence},
                                        {"poisson", LossKind::poisson},
                                        {"cosine_similarity", LossKind::cosine_similarity},
                                        {"categorical_focal_crossentropy", LossKind::categorical_focal_crossentropy},
                                        {"binary_focal_crossentropy", LossKind::binary_focal_crossentropy}}),
             .rows = p.number("rows", 1),
             .classes = p.number("c", 1),
             .from_logits = p.number("logits", 1) != 0,
             .label_smoothing = static_cast<float>(p.real("smoothing", 0)),
             .delta = static_cast<float>(p.real("delta", 1)),
             .alpha = static_cast<float>(p.real("alpha", 0.25)),
             .gamma = static_cast<float>(p.real("gamma", 2)),
             .class_balancing = p.number("balancing", 0) != 0,
             .dtype = dtype_word(p)};
  s.gradient_scale = 1 / static_cast<float>(s.rows);
  s.sample_weights = p.number("sample_weights", 0) != 0;
  s.class_weights = p.number("class_weights", 0) != 0;
  Case on(backend);
  auto& z = on.input(s.dtype, s.rows * s.classes, s.from_logits ? -3 : 0.05, s.from_logits ? 3 : 0.95);
  const auto y = targets(s, z.values());
  std::vector<double> ids;
  for (std::int64_t r = 0; sparse(s) && r < s.rows; ++r) ids.push_back(static_cast<double>((r * 7 + 3) % s.classes));
  const Operands o{s,
                   z,
                   on.input(sparse(s) ? DType::i32 : DType::f32, sparse(s) ? ids : y),
                   on.input(DType::f32, s.sample_weights ? s.rows : 0, 0, 2),
                   on.input(DType::f32, s.class_weights ? std::max<std::int64_t>(2, s.classes) : 0, 0.5, 2),
                   y};
  add_pass(on, o, "loss_and_gradient", true, false);
  add_pass(on, o, "loss", false, false);
  add_pass(on, o, "in_place", true, true);
  return on;
}

}  // namespace lehr::check
