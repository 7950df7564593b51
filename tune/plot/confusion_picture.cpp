#include "tune/plot/confusion_picture.h"

#include <algorithm>

namespace lehr::plot {

Figure confusion_picture(const ConfusionMatrix& matrix, std::span<const std::string> names, const std::string& title) {
  HeatPanel panel{.title = "each row coloured by its share", .x_label = "predicted", .y_label = "true"};
  for (std::int64_t t = 0; t < matrix.classes; ++t) {
    const auto i = static_cast<std::size_t>(t);
    panel.names.push_back(i < names.size() ? names[i] : std::to_string(t));
    std::int64_t support = 0;
    for (std::int64_t p = 0; p < matrix.classes; ++p) support += matrix.at(t, p);
    for (std::int64_t p = 0; p < matrix.classes; ++p) {
      const auto count = static_cast<double>(matrix.at(t, p));
      panel.values.push_back(count);
      panel.colors.push_back(support == 0 ? 0.0 : count / static_cast<double>(support));
    }
  }
  const double side = std::clamp(static_cast<double>(matrix.classes) * 46 + 200, 480.0, 1000.0);
  return {.title = title, .panels = {panel}, .columns = 1, .panel_width = side, .panel_height = side};
}

}  // namespace lehr::plot
