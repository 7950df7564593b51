// image.h: JPEG, PNG, BMP and PNM files to uint8 pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

enum class ColorMode : std::uint8_t { rgb, gray };

ColorMode color_mode_from(std::string_view name);  ///< rgb, gray, grayscale; throws Error{usage}
inline int channels_of(ColorMode color) { return color == ColorMode::rgb ? 3 : 1; }

struct ImageSize {
  int height = 0, width = 0;
  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// Row-major pixels, channels last.
struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels = {};
  ImageSize size() const { return {height, width}; }
};

/// Grey becomes rgb by copying, rgb becomes grey by PIL's formula, alpha is dropped, as PIL's convert() does. 16 bits a channel and CMYK
/// are refused by name. `file` is for messages. Throws Error{data}.
Image decode_image(std::span<const std::byte> bytes, ColorMode color, const std::string& file);
Image read_image(const std::string& file, ColorMode color);
/// Height and width from the header, without decoding.
ImageSize image_size_of(std::span<const std::byte> bytes, const std::string& file);
ImageSize read_image_size(const std::string& file);

Image convert_color(Image image, ColorMode color);
/// ITU-R 601-2 luma in 16-bit fixed point: PIL's convert("L").
inline std::uint8_t luma(std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  return static_cast<std::uint8_t>((r * 19595U + g * 38470U + b * 7471U + 0x8000U) >> 16U);
}

bool has_image_extension(std::string_view file);  ///< .jpg .jpeg .png .bmp .ppm .pgm .pnm, in any case

}  // namespace lehr
