#include "tune/roc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lehr {

namespace {

double ratio(double part, double whole) { return whole == 0 ? 0.0 : part / whole; }

/// At every threshold, from -epsilon up to 1 + epsilon: positives above it, rightly and wrongly.
struct Points {
  std::vector<double> right, wrong;
};

Points points_of(const RocInput& in, int thresholds) {
  const auto n = static_cast<std::size_t>(thresholds);
  Points out{.right = std::vector<double>(n), .wrong = std::vector<double>(n)};
  for (std::size_t i = 0; i < in.scores.size(); ++i) {
    // Above threshold i where score * (n - 1) > i, in float32: the last such i.
    const float place = std::ceil(std::clamp(in.scores[i], 0.0F, 1.0F) * static_cast<float>(thresholds - 1)) - 1;
    (in.positive[i] ? out.right : out.wrong)[static_cast<std::size_t>(std::max(0.0F, place))] += in.weight(i);
  }
  for (std::size_t i = n - 1; i-- > 0;) {
    out.right[i] += out.right[i + 1];
    out.wrong[i] += out.wrong[i + 1];
  }
  return out;
}

double height(double a, double b, Summation summation) {
  if (summation == Summation::interpolation) return 0.5 * (a + b);
  return summation == Summation::majoring ? std::max(a, b) : std::min(a, b);
}

/// True positives grow linearly with positives between two points.
double interpolated_pr_area(const Points& p) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < p.right.size(); ++i) {
    const double here = p.right[i] + p.wrong[i], next = p.right[i + 1] + p.wrong[i + 1], gained = p.right[i] - p.right[i + 1];
    const double slope = ratio(gained, std::max(here - next, 0.0)), intercept = p.right[i + 1] - slope * next;
    const double growth = here > 0 && next > 0 ? here / next : 1;
    sum += ratio(slope * (gained + intercept * std::log(growth)), p.right[0]);
  }
  return sum;
}

}  // namespace

double roc_area(const RocInput& in) {
  if (std::any_of(in.scores.begin(), in.scores.end(), [](float s) { return std::isnan(s); }))
    return std::numeric_limits<double>::quiet_NaN();
  std::vector<std::size_t> order(in.scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return in.scores[a] < in.scores[b]; });
  double pairs = 0, ours = 0, others = 0;  // of those with lower scores
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied_ours = 0, tied_others = 0;
    for (end = begin; end < order.size() && in.scores[order[end]] == in.scores[order[begin]]; ++end)
      (in.positive[order[end]] ? tied_ours : tied_others) += in.weight(order[end]);
    pairs += tied_ours * (others + tied_others / 2);
    ours += tied_ours;
    others += tied_others;
  }
  if (ours == 0 || others == 0) return std::numeric_limits<double>::quiet_NaN();
  return pairs / (ours * others);
}

double roc_area(const RocInput& in, int thresholds, Summation summation) {
  const Points p = points_of(in, thresholds);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < p.right.size(); ++i)
    sum += ratio(p.wrong[i] - p.wrong[i + 1], p.wrong[0]) *
           height(ratio(p.right[i], p.right[0]), ratio(p.right[i + 1], p.right[0]), summation);
  return sum;
}

double pr_area(const RocInput& in, int thresholds, Summation summation) {
  const Points p = points_of(in, thresholds);
  if (summation == Summation::interpolation) return interpolated_pr_area(p);
  const auto precision = [&](std::size_t i) { return ratio(p.right[i], p.right[i] + p.wrong[i]); };
  double sum = 0;
  for (std::size_t i = 0; i + 1 < p.right.size(); ++i)
    sum += ratio(p.right[i] - p.right[i + 1], p.right[0]) * height(precision(i), precision(i + 1), summation);
  return sum;
}

}  // namespace lehr
