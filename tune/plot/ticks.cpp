#include "tune/plot/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lehr::plot {

namespace {

double nice_step(double span, int wanted, bool whole) {
  const double rough = span / std::max(wanted, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double best = power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    const double step = factor * power;
    if (whole && step != std::floor(step)) continue;
    if (std::abs(std::log(step / rough)) < std::abs(std::log(best / rough))) best = step;
  }
  return whole ? std::max(1.0, std::round(best)) : best;
}

/// As many decimals as the step has.
std::string label_of(double value, double step) {
  if (value == 0) return "0";
  const double size = std::max(std::abs(value), step);
  if (size >= 1e6 || size < 1e-4) return fmt::format("{:g}", value);
  int decimals = 0;
  for (double s = step; decimals < 8 && std::abs(s - std::round(s)) > 1e-6 * s; s *= 10) ++decimals;
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

Ticks nice_ticks(double low, double high, int wanted, bool whole) {
  Ticks out;
  if (!(high > low) || !std::isfinite(low) || !std::isfinite(high)) {
    out.at = {low};
    out.labels = {fmt::format("{:g}", low)};
    return out;
  }
  const double step = nice_step(high - low, wanted, whole);
  const double slack = 1e-9 * (high - low);
  for (double i = std::ceil((low - slack) / step); i * step <= high + slack; ++i) {
    out.at.push_back(i == 0 ? 0.0 : i * step);
    out.labels.push_back(label_of(out.at.back(), step));
  }
  return out;
}

Ticks from_first(Ticks ticks, double first) {
  while (!ticks.at.empty() && ticks.at.front() < first) {
    ticks.at.erase(ticks.at.begin());
    ticks.labels.erase(ticks.labels.begin());
  }
  const bool room = ticks.at.size() < 2 || ticks.at[0] - first > 0.4 * (ticks.at[1] - ticks.at[0]);
  if (room && (ticks.at.empty() || ticks.at.front() > first)) {
    ticks.at.insert(ticks.at.begin(), first);
    ticks.labels.insert(ticks.labels.begin(), std::to_string(std::llround(first)));
  }
  return ticks;
}

Ticks log_ticks(double low, double high, int wanted) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  Ticks out;
  // Less than a decade and a half: 1, 2, 5 times a power say more than powers alone.
  if (last - first < 1) {
    for (int power = first - 1; power <= last; ++power)
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double value = factor * std::pow(10.0, power);
        if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
        out.at.push_back(value);
        out.labels.push_back(fmt::format("{:g}", value));
      }
    if (out.at.size() < 2) return nice_ticks(low, high, wanted);
    return out;
  }
  const int stride = std::max(1, static_cast<int>(std::ceil(static_cast<double>(last - first + 1) / std::max(wanted, 2))));
  for (int power = first; power <= last; ++power) {
    const double value = std::pow(10.0, power);
    if ((power - first) % stride != 0) continue;
    out.at.push_back(value);
    out.labels.push_back(power >= -3 && power <= 4 ? fmt::format("{:g}", value) : fmt::format("1e{}", power));
  }
  for (int power = first - 1; stride == 1 && power <= last; ++power)
    for (int factor = 2; factor < 10; ++factor)
      if (const double value = factor * std::pow(10.0, power); value > low && value < high) out.minor.push_back(value);
  return out;
}

}  // namespace lehr::plot
