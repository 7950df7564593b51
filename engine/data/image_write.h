// image_write.h: pictures out. Readers live in image_read.h.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "engine/array.h"
#include "engine/data/image.h"

namespace lehr {

/// uint8 (height, width, channels) or (height, width); 1 = grey, 3 = RGB, 4 = RGBA.
std::vector<std::byte> encode_png(const Array& image);
void write_png(const std::filesystem::path& path, const Array& image);  ///< atomic
std::vector<std::byte> encode_png(const Image& image);
std::vector<std::byte> encode_jpeg(const Image& image, int quality = 92);

}  // namespace lehr
