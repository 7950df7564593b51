#include "tune/oracles/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lehr {

namespace {

constexpr double root_half = 0.70710678118654752440;

double normal_cdf(double x) { return 0.5 * std::erfc(-x * root_half); }

/// log(Phi(b) - Phi(a)), on the side where both tails are small.
double log_mass(double a, double b) {
  if (a > 0) return log_mass(-b, -a);
  const double mass = normal_cdf(b) - normal_cdf(a);
  return std::log(std::max(mass, std::numeric_limits<double>::min()));
}

/// x with Phi(x) = p: Acklam's rational approximation and one step of Halley's.
double normal_quantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  double x = 0;
  if (p < 0.02425 || p > 1 - 0.02425) {
    const double q = std::sqrt(-2 * std::log(std::min(p, 1 - p)));
    x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    if (p > 0.5) x = -x;
  } else {
    const double q = p - 0.5, r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const double e = normal_cdf(x) - p, u = e * 2.5066282746310002 * std::exp(x * x / 2);
  return x - u / (1 + x * u / 2);
}

double truncated_normal(double a, double b, double u) {
  if (a > 0) return -truncated_normal(-b, -a, 1 - u);
  const double low = normal_cdf(a), high = normal_cdf(b);
  return std::clamp(normal_quantile(low + u * (high - low)), a, b);
}

/// Optuna's: the newest 25 weigh 1, those before ramp down to 1/n.
std::vector<double> age_weights(std::size_t n) {
  std::vector<double> out(n, 1.0);
  if (n < 26) return out;
  const std::size_t ramp = n - 25;
  const double first = 1.0 / static_cast<double>(n);
  for (std::size_t i = 0; i < ramp; ++i)
    out[i] = ramp == 1 ? first : first + (1 - first) * static_cast<double>(i) / static_cast<double>(ramp - 1);
  return out;
}

}  // namespace

ParzenEstimator::ParzenEstimator(const std::vector<const Hyperparameter*>& parameters, const std::vector<std::vector<double>>& rows,
                                 double prior_weight)
    : weights_(age_weights(rows.size())) {
  weights_.push_back(rows.empty() ? 1.0 : prior_weight);
  const double total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  for (double& w : weights_) w /= total;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    std::vector<double> values;
    for (const auto& row : rows) values.push_back(row[i]);
    columns_.push_back(parameters[i]->categorical() ? categories(*parameters[i], values, prior_weight) : numbers(*parameters[i], values));
  }
}

ParzenEstimator::Column ParzenEstimator::numbers(const Hyperparameter& p, const std::vector<double>& values) const {
  Column c{.parameter = &p, .low = p.low, .high = p.high, .log = p.sampling == Sampling::log};
  if (p.sampling == Sampling::linear) c.step = p.step.value_or(p.kind == HyperparameterKind::integer ? 1 : 0);
  if (c.log && p.kind == HyperparameterKind::integer) c.step = 1;
  c.low -= c.step / 2;
  c.high += c.step / 2;
  if (c.log) {
    c.low = std::log(c.low);
    c.high = std::log(c.high);
  }
  for (const double v : values) c.mean.push_back(c.log ? std::log(v) : v);
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return c.mean[a] < c.mean[b]; });
  c.deviation.assign(values.size(), 0);
  const double range = c.high - c.low, smallest = range / std::min(100.0, 2.0 + static_cast<double>(values.size()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double here = c.mean[order[i]];
    const double left = here - (i == 0 ? c.low : c.mean[order[i - 1]]),
                 right = (i + 1 == order.size() ? c.high : c.mean[order[i + 1]]) - here;
    double d = std::max(left, right);
    if (order.size() >= 2 && i == 0) d = right;  // the ends look inwards only
    if (order.size() >= 2 && i + 1 == order.size()) d = left;
    c.deviation[order[i]] = std::clamp(d, smallest, range);
  }
  c.mean.push_back(0.5 * (c.low + c.high));
  c.deviation.push_back(range);
  return c;
}

ParzenEstimator::Column ParzenEstimator::categories(const Hyperparameter& p, const std::vector<double>& values, double prior_weight) const {
  Column c{.parameter = &p};
  const auto n = static_cast<std::size_t>(p.count().value());
  const auto kernels = static_cast<double>(values.size() + 1);
  for (std::size_t k = 0; k <= values.size(); ++k) {
    std::vector<double> row(n, values.empty() ? 1.0 : prior_weight / kernels);
    if (k < values.size()) row[static_cast<std::size_t>(values[k])] += 1;
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (double& x : row) x = sum > 0 ? x / sum : 1.0 / static_cast<double>(n);
    c.probability.push_back(std::move(row));
  }
  return c;
}

std::vector<double> ParzenEstimator::sample(Draw& draw) const {
  double u = draw.uniform();
  std::size_t kernel = 0;
  while (kernel + 1 < weights_.size() && u >= weights_[kernel]) u -= weights_[kernel++];
  std::vector<double> out;
  for (const Column& c : columns_) {
    double v = draw.uniform();
    if (c.parameter->categorical()) {
      std::size_t choice = 0;
      while (choice + 1 < c.probability[kernel].size() && v >= c.probability[kernel][choice]) v -= c.probability[kernel][choice++];
      out.push_back(static_cast<double>(choice));
      continue;
    }
    const double m = c.mean[kernel], d = c.deviation[kernel];
    double x = d > 0 ? m + d * truncated_normal((c.low - m) / d, (c.high - m) / d, v) : m;
    if (c.log) x = std::exp(x);
    const Hyperparameter& p = *c.parameter;
    if (c.step > 0) x = p.low + std::round((x - p.low) / c.step) * c.step;
    x = std::clamp(x, p.low, p.high);
    out.push_back(p.allows(x) ? x : p.at(p.position(x)));  // stepped by a factor
  }
  return out;
}

double ParzenEstimator::kernel_log_density(const Column& c, std::size_t kernel, double value) {
  if (c.parameter->categorical()) return std::log(c.probability[kernel][static_cast<std::size_t>(value)]);
  const double m = c.mean[kernel], d = c.deviation[kernel];
  if (d <= 0) return 0;
  const double all = log_mass((c.low - m) / d, (c.high - m) / d);
  if (c.step > 0) {
    const double left = value - c.step / 2, right = value + c.step / 2;
    const double a = c.log ? std::log(std::max(left, 1e-300)) : left, b = c.log ? std::log(right) : right;
    return log_mass((a - m) / d, (b - m) / d) - all;
  }
  const double z = ((c.log ? std::log(value) : value) - m) / d;
  return -0.5 * z * z - 0.91893853320467274178 - std::log(d) - all;
}

double ParzenEstimator::log_density(const std::vector<double>& row) const {
  double largest = -std::numeric_limits<double>::infinity();
  std::vector<double> terms;
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    double term = std::log(weights_[k]);
    for (std::size_t i = 0; i < columns_.size(); ++i) term += kernel_log_density(columns_[i], k, row[i]);
    terms.push_back(term);
    largest = std::max(largest, term);
  }
  double sum = 0;
  for (const double t : terms) sum += std::exp(t - largest);
  return largest + std::log(sum);
}

}  // namespace lehr
