#include "tune/plot/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lehr::plot {

// Okabe and Ito's palette for colour-blind eyes, the yellow darkened for white paper, ordered so that neighbours differ most.
Color series_color(std::size_t index) {
  constexpr std::array<Color, 8> palette{
      {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {86, 180, 233}, {200, 160, 0}, {90, 90, 90}, {120, 60, 20}}};
  return palette[index % palette.size()];
}

// Brewer's Blues, interpolated.
Color heat_color(double share) {
  constexpr std::array<Color, 5> stops{{{255, 255, 255}, {208, 225, 242}, {107, 174, 214}, {33, 113, 181}, {8, 48, 107}}};
  const double at = std::clamp(std::isnan(share) ? 0.0 : share, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const double part = at - static_cast<double>(i);
  const auto mix = [part](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(std::lround(a + (b - a) * part)); };
  return {mix(stops[i].red, stops[i + 1].red), mix(stops[i].green, stops[i + 1].green), mix(stops[i].blue, stops[i + 1].blue)};
}

std::string hex(Color color) { return fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue); }

}  // namespace lehr::plot
