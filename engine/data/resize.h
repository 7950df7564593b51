// resize.h: PIL's NEAREST and BILINEAR, bit for bit (Pillow 13).
//   nearest   source = floor((x + 0.5) * in / out)                 bilinear   triangle filter widened by max(1, in/out), 22-bit fixed point
//   Meaning   Pillow's Image.resize on modes L and RGB
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/data/image.h"

namespace lehr {

enum class Resize : std::uint8_t { nearest, bilinear };

Resize resize_from(std::string_view name);  ///< throws Error{usage}
Image resize(const Image& image, ImageSize size, Resize method);

}  // namespace lehr
