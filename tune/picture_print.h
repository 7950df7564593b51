// picture_print.h: what stays of a picture when it is recompressed, made brighter or scaled: a thumbnail and a hash of its gradients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/shape.h"

namespace lehr {

struct PicturePrint {
  double mean = 0, deviation = 0;         ///< of the luma, 0..255
  std::uint64_t hash = 0;                 ///< 8 rows of 8 bits: whether a cell of 9 columns is darker than the next by more than a level
  std::array<float, 256> thumbnail = {};  ///< 16x16 means of the luma, less their mean
};

/// pixels: uint8 (height, width, 1 or 3).
PicturePrint print_of(std::span<const std::byte> pixels, const Shape& shape);
double difference(const PicturePrint& a, const PicturePrint& b);  ///< mean absolute difference of the thumbnails

}  // namespace lehr
