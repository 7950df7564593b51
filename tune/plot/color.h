// color.h: colours of figures.
#pragma once

#include <cstdint>
#include <string>

namespace lehr::plot {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
  double alpha = 1.0;
  friend bool operator==(const Color&, const Color&) = default;
};

inline constexpr Color black{}, white{255, 255, 255}, ink{38, 38, 38}, grid_gray{176, 176, 176};
inline constexpr Color blue{31, 83, 214}, red{214, 39, 40};  ///< training, validation

Color series_color(std::size_t index);  ///< distinct for colour-blind eyes too (Okabe and Ito), repeating after eight
Color heat_color(double share);         ///< 0 → white, 1 → dark blue
std::string hex(Color color);           ///< "#1f53d6"

}  // namespace lehr::plot
