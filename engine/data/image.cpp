#include "engine/data/image.h"

#if __has_include("stb/stb_image.h")
#define LEHR_STB_IMAGE "stb/stb_image.h"
#else
#define LEHR_STB_IMAGE "stb_image.h"
#endif
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_PNM
#include LEHR_STB_IMAGE

#include <algorithm>
#include <cctype>
#include <memory>

#include "engine/data/file.h"
#include "engine/data/image_format.h"
#include "kernels/error.h"

namespace lehr {

namespace {

[[noreturn]] void refuse(const std::string& file, std::string what, std::string hint = {}) {
  throw Error({.category = Category::data, .where = file, .what = std::move(what), .hint = std::move(hint)});
}

struct Header {
  int width = 0, height = 0, channels = 0;
};

const stbi_uc* pointer(std::span<const std::byte> bytes) { return reinterpret_cast<const stbi_uc*>(bytes.data()); }

Header read_header(std::span<const std::byte> bytes, const std::string& file) {
  const ImageKind kind = image_kind(bytes);
  if (bytes.empty()) refuse(file, "is empty", "An image was expected; remove or replace the file.");
  if (kind == ImageKind::unknown)
    refuse(file, "is not a JPEG, PNG, BMP or PNM image, whatever its name says", "Remove or replace the file.");
  if (kind == ImageKind::pnm) pnm_header(bytes, file);
  // The largest claims that honest files make: 2^28 pixels, and 20,000 pixels a byte (a black progressive JPEG).
  Header header;
  if (bytes.size() > INT32_MAX ||
      stbi_info_from_memory(pointer(bytes), static_cast<int>(bytes.size()), &header.width, &header.height, &header.channels) == 0)
    refuse(file, "has a damaged or cut image header", "Remove or replace the file.");
  const auto pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  if (pixels == 0 || pixels > std::uint64_t{1} << 28U || pixels > bytes.size() * std::uint64_t{20000})
    refuse(file, "claims " + std::to_string(header.width) + "x" + std::to_string(header.height) + " pixels, which it cannot hold");
  return header;
}

}  // namespace

ColorMode color_mode_from(std::string_view name) {
  if (name == "rgb") return ColorMode::rgb;
  if (name == "gray" || name == "grey" || name == "grayscale") return ColorMode::gray;
  throw Error(
      {.category = Category::usage, .where = "--color", .what = "unknown color mode", .expected = "rgb or gray", .got = std::string(name)});
}

Image convert_color(Image image, ColorMode color) {
  const int wanted = channels_of(color);
  if (image.channels == wanted) return image;
  const std::size_t count = static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
  const auto from_channels = static_cast<std::size_t>(image.channels);
  Image out{.height = image.height,
            .width = image.width,
            .channels = wanted,
            .pixels = std::vector<std::uint8_t>(count * static_cast<std::size_t>(wanted))};
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* from = image.pixels.data() + i * from_channels;
    std::uint8_t* to = out.pixels.data() + i * static_cast<std::size_t>(wanted);
    if (wanted == 1) {
      to[0] = from_channels >= 3 ? luma(from[0], from[1], from[2]) : from[0];
    } else {
      for (std::size_t c = 0; c < 3; ++c) to[c] = from_channels >= 3 ? from[c] : from[0];
    }
  }
  return out;
}

Image decode_image(std::span<const std::byte> bytes, ColorMode color, const std::string& file) {
  const Header header = read_header(bytes, file);
  check_image_bytes(bytes, file);
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(pointer(bytes), static_cast<int>(bytes.size()), &width, &height, &channels, 0), stbi_image_free);
  if (!pixels)
    refuse(file, std::string("cannot be decoded (") + stbi_failure_reason() + ")", "It is damaged or cut; remove or replace the file.");
  if (width != header.width || height != header.height) refuse(file, "contradicts its own header");
  Image out{.height = height, .width = width, .channels = channels};
  out.pixels.assign(pixels.get(),
                    pixels.get() + static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels));
  return convert_color(std::move(out), color);
}

Image read_image(const std::string& file, ColorMode color) { return decode_image(read_bytes(file), color, file); }

ImageSize image_size_of(std::span<const std::byte> bytes, const std::string& file) {
  const Header header = read_header(bytes, file);
  return {.height = header.height, .width = header.width};
}

ImageSize read_image_size(const std::string& file) { return image_size_of(read_bytes(file), file); }

bool has_image_extension(std::string_view file) {
  const auto dot = file.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(file.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* known : {"jpg", "jpeg", "png", "bmp", "ppm", "pgm", "pnm"})
    if (extension == known) return true;
  return false;
}

}  // namespace lehr
