// dot_grid.h: a picture of dots in a terminal: two across and four down in every letter (braille), or one where there is no UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lehr::plot {

class DotGrid {
 public:
  DotGrid(int columns, int rows, bool braille);
  int width() const { return columns_ * across_; }  ///< in dots
  int height() const { return rows_ * down_; }
  void line(double x0, double y0, double x1, double y1, std::size_t series);
  /// One row of letters. A letter that two series share shows the later one's colour.
  std::string row(int row, bool color) const;

 private:
  void dot(int x, int y, std::size_t series);
  int columns_, rows_, across_, down_;
  bool braille_;
  std::vector<std::uint8_t> dots_;   ///< a bit a dot
  std::vector<std::size_t> series_;  ///< + 1; 0: empty
};

/// What stands for a series where there is no colour and no braille.
char series_letter(std::size_t series);
std::string colored(const std::string& text, std::size_t series, bool color);

}  // namespace lehr::plot
