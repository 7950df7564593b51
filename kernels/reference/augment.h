// augment.h: Keras's random image layers in float64, a pixel at a time, from the same draws.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/augment.h"

namespace lehr::reference {

class Augmentation {
 public:
  Augmentation(const AugmentSpec& spec, std::uint64_t step, const std::vector<double>& x) : s_(spec), step_(step), x_(x) {}

  std::vector<double> result() const {
    const bool crop = s_.kind == AugmentKind::crop;
    const std::int64_t height = crop ? s_.out_height : s_.height, width = crop ? s_.out_width : s_.width;
    std::vector<double> y;
    for (std::int64_t n = 0; n < s_.batch; ++n)
      for (std::int64_t row = 0; row < height; ++row)
        for (std::int64_t column = 0; column < width; ++column)
          for (std::int64_t c = 0; c < s_.channels; ++c)
            y.push_back(crop ? cropped(n, row, column, c) : s_.training ? changed(n, row, column, c) : pixel(n, row, column, c));
    return y;
  }

 private:
  static double real(std::int64_t i) { return static_cast<double>(i); }
  double draw(std::int64_t image, std::int64_t number) const {
    return static_cast<double>(uniform01(random_word(s_.key, step_, static_cast<std::uint64_t>(4 * image + number))));
  }
  double between(float low, float high, double u) const {
    return static_cast<double>(low) + (static_cast<double>(high) - static_cast<double>(low)) * u;
  }
  double pixel(std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) const {
    return x_[static_cast<std::size_t>(((n * s_.height + row) * s_.width + column) * s_.channels + c)];
  }

  /// Outside the image as scipy's modes have it, here by walking there.
  double outside(std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) const {
    const auto inside = [&](std::int64_t i, std::int64_t size) {
      if (s_.fill_mode == FillMode::nearest) return std::clamp<std::int64_t>(i, 0, size - 1);
      while (i < 0 || i >= size) {
        if (s_.fill_mode == FillMode::wrap)
          i += i < 0 ? size : -size;
        else
          i = i < 0 ? -1 - i : 2 * size - 1 - i;  // d c b a | a b c d | d c b a
      }
      return i;
    };
    if (s_.fill_mode == FillMode::constant && (row < 0 || row >= s_.height || column < 0 || column >= s_.width))
      return static_cast<double>(s_.fill_value);
    return pixel(n, inside(row, s_.height), inside(column, s_.width), c);
  }
  double sampled(std::int64_t n, double row, double column, std::int64_t c) const {
    if (!s_.bilinear)
      return outside(n, static_cast<std::int64_t>(std::floor(row + 0.5)), static_cast<std::int64_t>(std::floor(column + 0.5)), c);
    const double top = std::floor(row), left = std::floor(column), v = row - top, h = column - left;
    const auto r = static_cast<std::int64_t>(top), k = static_cast<std::int64_t>(left);
    return (1 - v) * ((1 - h) * outside(n, r, k, c) + h * outside(n, r, k + 1, c)) +
           v * ((1 - h) * outside(n, r + 1, k, c) + h * outside(n, r + 1, k + 1, c));
  }

  double changed(std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) const {
    const double u = draw(n, 0), v = draw(n, 1), middle_row = real(s_.height - 1) / 2, middle_column = real(s_.width - 1) / 2;
    const double down = real(row) - middle_row, right = real(column) - middle_column;
    switch (s_.kind) {
      case AugmentKind::flip: {
        const bool flips = u <= 0.5;
        return pixel(n, flips && s_.flip != FlipMode::horizontal ? s_.height - 1 - row : row,
                     flips && s_.flip != FlipMode::vertical ? s_.width - 1 - column : column, c);
      }
      case AugmentKind::rotation: {
        const double angle = 2 * std::acos(-1.0) * between(s_.lower, s_.upper, u);
        return sampled(n, middle_row + right * std::sin(angle) + down * std::cos(angle),
                       middle_column + right * std::cos(angle) - down * std::sin(angle), c);
      }
      case AugmentKind::translation:
        return sampled(n, real(row) - real(s_.height) * between(s_.lower, s_.upper, u),
                       real(column) - real(s_.width) * between(s_.width_lower, s_.width_upper, v), c);
      case AugmentKind::zoom: {
        const double by_rows = 1 + between(s_.lower, s_.upper, u);
        const double by_columns = s_.same_zoom ? by_rows : 1 + between(s_.width_lower, s_.width_upper, v);
        return sampled(n, middle_row + down * by_rows, middle_column + right * by_columns, c);
      }
      default: {
        const double f = between(s_.lower, s_.upper, u), low = static_cast<double>(s_.range_low), high = static_cast<double>(s_.range_high);
        const double x = pixel(n, row, column, c);
        if (s_.kind == AugmentKind::brightness) return std::clamp(x + f * (high - low), low, high);
        double mean = 0;
        for (std::int64_t r = 0; r < s_.height; ++r)
          for (std::int64_t k = 0; k < s_.width; ++k) mean += pixel(n, r, k, c) / real(s_.height * s_.width);
        return std::clamp((x - mean) * f + mean, low, high);
      }
    }
  }

  double cropped(std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) const {
    const std::int64_t free_h = s_.height - s_.out_height, free_w = s_.width - s_.out_width;
    if (s_.training && free_h > 0 && free_w > 0) {
      const auto start = [&](std::int64_t free, std::int64_t number) {
        return std::min(free, static_cast<std::int64_t>(draw(0, number) * real(free + 1)));
      };
      return pixel(n, start(free_h, 0) + row, start(free_w, 1) + column, c);
    }
    const std::int64_t window_h = std::clamp<std::int64_t>(s_.width * s_.out_height / s_.out_width, 1, s_.height);
    const std::int64_t window_w = std::clamp<std::int64_t>(s_.height * s_.out_width / s_.out_height, 1, s_.width);
    const double at_row = std::clamp((real(row) + 0.5) * real(window_h) / real(s_.out_height) - 0.5, 0.0, real(window_h - 1));
    const double at_column = std::clamp((real(column) + 0.5) * real(window_w) / real(s_.out_width) - 0.5, 0.0, real(window_w - 1));
    const auto r = static_cast<std::int64_t>(at_row), k = static_cast<std::int64_t>(at_column);
    const double v = at_row - real(r), h = at_column - real(k);
    const auto at = [&](std::int64_t i, std::int64_t j) {
      return pixel(n, (s_.height - window_h) / 2 + std::min(i, window_h - 1), (s_.width - window_w) / 2 + std::min(j, window_w - 1), c);
    };
    return (1 - v) * ((1 - h) * at(r, k) + h * at(r, k + 1)) + v * ((1 - h) * at(r + 1, k) + h * at(r + 1, k + 1));
  }

  const AugmentSpec& s_;
  std::uint64_t step_;
  const std::vector<double>& x_;
};

inline std::vector<double> augment(const AugmentSpec& spec, std::uint64_t step, const std::vector<double>& x) {
  return Augmentation(spec, step, x).result();
}

}  // namespace lehr::reference
