// conv2d.h: the three passes of a convolution in float64, each by its definition.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/conv2d.h"
#include "kernels/reference/matmul.h"

namespace lehr::reference {

/// visit(x index, w index, y index) for every product of the forward pass.
template <class Visit>
void for_products(const Conv2dShape& s, const Visit& visit) {
  const std::int64_t ci = s.in_channels / s.groups, co = s.out_channels / s.groups;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t p = 0; p < s.out_height(); ++p)
      for (std::int64_t q = 0; q < s.out_width(); ++q)
        for (std::int64_t r = 0; r < s.kernel_h; ++r)
          for (std::int64_t t = 0; t < s.kernel_w; ++t) {
            const std::int64_t h = p * s.stride_h + r * s.dilation_h - s.pad_top, w = q * s.stride_w + t * s.dilation_w - s.pad_left;
            if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
            for (std::int64_t f = 0; f < s.out_channels; ++f)
              for (std::int64_t c = 0; c < ci; ++c)
                visit(static_cast<std::size_t>(((n * s.height + h) * s.width + w) * s.in_channels + f / co * ci + c),
                      static_cast<std::size_t>(((r * s.kernel_w + t) * ci + c) * s.out_channels + f),
                      static_cast<std::size_t>(((n * s.out_height() + p) * s.out_width() + q) * s.out_channels + f));
          }
}

inline std::int64_t input_count(const Conv2dShape& s) { return s.batch * s.height * s.width * s.in_channels; }
inline std::int64_t output_count(const Conv2dShape& s) { return s.batch * s.out_height() * s.out_width() * s.out_channels; }
inline std::int64_t weight_count(const Conv2dShape& s) { return s.kernel_h * s.kernel_w * (s.in_channels / s.groups) * s.out_channels; }

inline Sums conv2d(const Conv2dShape& s, Activation activation, const std::vector<double>& x, const std::vector<double>& w,
                   const std::vector<double>& bias) {
  Sums y = zeros(output_count(s));
  for_products(s, [&](std::size_t xi, std::size_t wi, std::size_t yi) { add(y, yi, x[xi] * w[wi]); });
  for (std::size_t i = 0; i < y.value.size(); ++i) {
    if (!bias.empty()) add(y, i, bias[i % static_cast<std::size_t>(s.out_channels)]);
    y.value[i] = activate(activation, y.value[i]);
  }
  return y;
}

inline Sums conv2d_backward_data(const Conv2dShape& s, const std::vector<double>& dy, const std::vector<double>& w) {
  Sums dx = zeros(input_count(s));
  for_products(s, [&](std::size_t xi, std::size_t wi, std::size_t yi) { add(dx, xi, dy[yi] * w[wi]); });
  return dx;
}

inline Sums conv2d_backward_weights(const Conv2dShape& s, const std::vector<double>& x, const std::vector<double>& dy) {
  Sums dw = zeros(weight_count(s));
  for_products(s, [&](std::size_t xi, std::size_t wi, std::size_t yi) { add(dw, wi, x[xi] * dy[yi]); });
  return dw;
}

inline Sums conv2d_backward_bias(const Conv2dShape& s, const std::vector<double>& dy) {
  Sums db = zeros(s.out_channels);
  for (std::size_t i = 0; i < dy.size(); ++i) add(db, i % static_cast<std::size_t>(s.out_channels), dy[i]);
  return db;
}

}  // namespace lehr::reference
