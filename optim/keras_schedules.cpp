#include "optim/keras_schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/number_text.h"

namespace lehr {

namespace {

double periods(const ScheduleMoment& now, double decay_steps, bool staircase) {
  const double p = static_cast<double>(now.step) / decay_steps;
  return staircase ? std::floor(p) : p;
}

double half_cosine(double share, double alpha) { return (1 - alpha) * 0.5 * (1 + std::cos(std::numbers::pi * share)) + alpha; }

}  // namespace

void check_decay_steps(const SpecInfo& info, std::string_view field, double steps) {
  if (steps > 0) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = std::string(field) + " must be positive",
               .expected = "more than 0",
               .got = number_text(steps)});
}

double ExponentialDecay::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  return initial_learning_rate * std::pow(decay_rate.value(), periods(now, decay_steps, staircase));
}

void PiecewiseConstantDecay::check() const {
  if (values.value().size() != boundaries.value().size() + 1 || !std::is_sorted(boundaries.value().begin(), boundaries.value().end()))
    throw Error({.category = Category::usage,
                 .where = std::string(info.name),
                 .what = "boundaries ascend, and there is one rate more than boundaries",
                 .expected = std::to_string(boundaries.value().size() + 1) + " values",
                 .got = std::to_string(values.value().size())});
}
double PiecewiseConstantDecay::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  const auto& b = boundaries.value();
  const auto piece = std::lower_bound(b.begin(), b.end(), static_cast<double>(now.step)) - b.begin();
  return values.value()[static_cast<std::size_t>(piece)];
}

double PolynomialDecay::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  double s = static_cast<double>(now.step), length = decay_steps;
  if (cycle)
    length *= s == 0 ? 1 : std::ceil(s / decay_steps);
  else
    s = std::min(s, length);
  return (initial_learning_rate - end_learning_rate) * std::pow(1 - s / length, power) + end_learning_rate;
}

double InverseTimeDecay::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  return initial_learning_rate / (1 + decay_rate * periods(now, decay_steps, staircase));
}

double CosineDecay::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  const auto s = static_cast<double>(now.step);
  if (!warmup_target) return initial_learning_rate * half_cosine(std::min(s / decay_steps, 1.0), alpha);
  if (s < warmup_steps) return initial_learning_rate + (*warmup_target - initial_learning_rate) * s / warmup_steps;
  return *warmup_target * half_cosine(std::min((s - warmup_steps) / decay_steps, 1.0), alpha);
}

void CosineDecayRestarts::check() const {
  check_decay_steps(info, "first_decay_steps", first_decay_steps);
  if (t_mul < 1)
    throw Error({.category = Category::usage,
                 .where = std::string(info.name),
                 .what = "periods that shrink end before the run does",
                 .expected = "t_mul of 1 or more",
                 .got = number_text(t_mul)});
}
// The restart's number is the floor of a logarithm. Keras computes it in float32, so that at a restart it may still be in the period before;
// here the restart is exact.
double CosineDecayRestarts::rate(const ScheduleMoment& now, const ScheduleRun&) const {
  const double f = static_cast<double>(now.step) / first_decay_steps;
  double i = std::floor(f), share = f - i;
  if (t_mul != 1) {
    const auto begin = [&](double n) { return (1 - std::pow(t_mul, n)) / (1 - t_mul); };
    i = std::floor(std::log(1 - f * (1 - t_mul)) / std::log(t_mul));
    if (begin(i + 1) <= f) ++i;
    if (begin(i) > f) --i;
    share = (f - begin(i)) / std::pow(t_mul, i);
  }
  const double height = std::pow(m_mul, i);
  return initial_learning_rate * ((1 - alpha) * 0.5 * height * (1 + std::cos(std::numbers::pi * share)) + alpha);
}

}  // namespace lehr
