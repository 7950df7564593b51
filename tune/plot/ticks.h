// ticks.h: where an axis has its numbers.
#pragma once

#include <string>
#include <vector>

namespace lehr::plot {

struct Ticks {
  std::vector<double> at = {};
  std::vector<std::string> labels = {};
  std::vector<double> minor = {};  ///< log axes: 2 … 9 times a power
};

/// Steps of 1, 2, 2.5 or 5 times a power of ten, about `wanted` of them, inside [low, high]. `whole`: integers only, as for epochs.
Ticks nice_ticks(double low, double high, int wanted, bool whole = false);
/// For epochs, which begin at 1: no tick before the first value, and one at it where there is room.
Ticks from_first(Ticks ticks, double first);
/// Powers of ten (every second, third … where many), with minors between.
Ticks log_ticks(double low, double high, int wanted);

}  // namespace lehr::plot
