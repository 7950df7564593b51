#include "engine/data/image_write.h"

#include "engine/atomic_file.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#if __has_include(<stb/stb_image_write.h>)
#include <stb/stb_image_write.h>
#else
#include <stb_image_write.h>
#endif

namespace lehr {

namespace {
void append(void* context, void* data, int size) {
  auto& out = *static_cast<std::vector<std::byte>*>(context);
  const auto* begin = static_cast<const std::byte*>(data);
  out.insert(out.end(), begin, begin + size);
}

[[noreturn]] void fail(const std::string& what) {
  throw Error({.category = Category::data, .where = "picture", .what = what + " cannot be encoded", .expected = "1, 3 or 4 channels"});
}
}  // namespace

std::vector<std::byte> encode_png(const Image& image) {
  std::vector<std::byte> out;
  if (stbi_write_png_to_func(append, &out, image.width, image.height, image.channels, image.pixels.data(), image.width * image.channels) ==
      0)
    fail("a PNG");
  return out;
}

std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
  std::vector<std::byte> out;
  if (stbi_write_jpg_to_func(append, &out, image.width, image.height, image.channels, image.pixels.data(), quality) == 0) fail("a JPEG");
  return out;
}

std::vector<std::byte> encode_png(const Array& image) {
  const auto& shape = image.shape();
  const std::int64_t channels = shape.rank() == 3 ? shape[2] : 1;
  if (image.dtype() != DType::u8 || shape.rank() < 2 || shape.rank() > 3 || channels < 1 || channels > 4 || image.empty())
    throw Error({.category = Category::data,
                 .where = "picture",
                 .what = "cannot be written as PNG",
                 .expected = "uint8 (height, width, 1 to 4)",
                 .got = std::string(name_of(image.dtype())) + " " + shape.text()});
  const auto width = static_cast<int>(shape[1]);
  const auto height = static_cast<int>(shape[0]);
  const auto depth = static_cast<int>(channels);
  std::vector<std::byte> out;
  stbi_write_png_to_func(append, &out, width, height, depth, image.data(), width * depth);
  return out;
}

void write_png(const std::filesystem::path& path, const Array& image) { write_file_atomically(path, encode_png(image)); }

}  // namespace lehr
