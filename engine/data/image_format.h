// image_format.h: what kind of image the first bytes announce, and whether a file is whole. The decoder fills what is missing with zeros
// (JPEG, BMP) and turns CMYK and 16 bits into something else without a word: both are found here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lehr {

enum class ImageKind : std::uint8_t { unknown, jpeg, png, bmp, pnm };

ImageKind image_kind(std::span<const std::byte> bytes);
struct PnmHeader {
  std::uint64_t width = 0, height = 0, most = 0;
  std::size_t end = 0;
};
/// The three numbers behind "P5" or "P6". Error{data} where one has more digits than a picture needs: stb_image adds them up regardless.
PnmHeader pnm_header(std::span<const std::byte> bytes, const std::string& file);
/// Throws Error{data}: cut files, four-component JPEG (CMYK), 16 bits a channel.
void check_image_bytes(std::span<const std::byte> bytes, const std::string& file);

}  // namespace lehr
