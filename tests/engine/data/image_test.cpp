// Images: PIL's pixels for every format, PIL's resizing bit for bit, and what is refused by name.
#include "engine/data/image.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/atomic_file.h"
#include "engine/data/file.h"
#include "engine/data/image_write.h"
#include "engine/data/npz.h"
#include "engine/data/resize.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

const std::string golden = std::string(LEHR_TESTS_DIR) + "/golden/data/";

Image image_from(const Array& array) {
  const auto pixels = array.as<std::uint8_t>();
  return {.height = static_cast<int>(array.shape()[0]),
          .width = static_cast<int>(array.shape()[1]),
          .channels = static_cast<int>(array.shape()[2]),
          .pixels = {pixels.begin(), pixels.end()}};
}

int largest_difference(const Image& a, const Array& b) {
  const auto pixels = b.as<std::uint8_t>();
  REQUIRE(Shape({a.height, a.width, a.channels}) == b.shape());
  int most = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) most = std::max(most, std::abs(int{a.pixels[i]} - int{pixels[i]}));
  return most;
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

}  // namespace

TEST_CASE("resize: PIL's nearest and bilinear, bit for bit") {
  const NamedArrays arrays = read_npz(golden + "resize.npz");
  int cases = 0;
  for (const auto& [name, expected] : arrays) {
    const bool nearest = name.starts_with("nearest_");
    if (!nearest && !name.starts_with("bilinear_")) continue;
    CAPTURE(name);
    const Array* input = find_array(arrays, "input_" + name.substr(name.find('_') + 1));
    REQUIRE(input != nullptr);
    const ImageSize size{.height = static_cast<int>(expected.shape()[0]), .width = static_cast<int>(expected.shape()[1])};
    CHECK(largest_difference(resize(image_from(*input), size, nearest ? Resize::nearest : Resize::bilinear), expected) == 0);
    ++cases;
  }
  CHECK(cases == 28);
}

TEST_CASE("convert_color: PIL's luma") {
  const NamedArrays arrays = read_npz(golden + "resize.npz");
  CHECK(largest_difference(convert_color(image_from(*find_array(arrays, "luma_input")), ColorMode::gray), *find_array(arrays, "luma")) ==
        0);
}

TEST_CASE("decode: the pixels that PIL sees, in rgb and in gray") {
  const NamedArrays arrays = read_npz(golden + "images_expected.npz");
  REQUIRE(arrays.size() == 22);
  for (const auto& [name, expected] : arrays) {
    CAPTURE(name);
    const std::string file = name.substr(0, name.find(':'));
    const Image image = read_image(golden + file, name.ends_with(":rgb") ? ColorMode::rgb : ColorMode::gray);
    // Decoders of JPEG may round their cosine transforms and spread their colors differently; libjpeg's differ by as much among themselves.
    CHECK(largest_difference(image, expected) <= (file.ends_with(".jpg") ? 4 : 0));
  }
}

TEST_CASE("encode: PNG comes back exactly, JPEG nearly") {
  const Image image = read_image(golden + "rgb.png", ColorMode::rgb);
  CHECK(decode_image(encode_png(image), ColorMode::rgb, "png").pixels == image.pixels);
  const Image back = decode_image(encode_jpeg(image, 95), ColorMode::rgb, "jpg");
  double sum = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) sum += std::abs(int{image.pixels[i]} - int{back.pixels[i]});
  CHECK(sum / static_cast<double>(image.pixels.size()) < 3);
}

TEST_CASE("decode: what is no whole image is refused with the file's name and the reason") {
  const auto error = [](const std::string& bytes) {
    return data_error([&] { decode_image(bytes_of(bytes), ColorMode::rgb, "a/image_7.jpg"); });
  };
  const std::string jpeg = read_file(golden + "rgb.jpg"), png = read_file(golden + "rgb.png"), bmp = read_file(golden + "rgb.bmp"),
                    ppm = read_file(golden + "rgb.ppm");
  CHECK(mentions(error("image_0.jpg,Colin_Powell"), "a/image_7.jpg: is not a JPEG, PNG, BMP or PNM image, whatever its name says"));
  CHECK(mentions(error(""), "a/image_7.jpg: is empty"));
  CHECK(mentions(error(jpeg.substr(0, jpeg.size() - 2)), "the JPEG ends too early"));
  CHECK(mentions(error(jpeg.substr(0, jpeg.size() / 2)), "too early"));
  CHECK(mentions(error(jpeg.substr(0, 40)), "a/image_7.jpg"));
  const auto with_table = [&](const std::string& counts) {  // of the first Huffman table
    std::string damaged = jpeg;
    return damaged.replace(damaged.find("\xff\xc4") + 5, counts.size(), counts);
  };
  CHECK(mentions(error(with_table(std::string("\x03", 1))), "expected Huffman codes that fit their lengths, got 3 of 1 bits"));
  CHECK(mentions(error(with_table(std::string(14, '\0') + "\xfa\xfa")), "expected a Huffman table of at most 256 codes, got 500"));
  CHECK(error(png.substr(0, png.size() / 2)) != "(none)");
  CHECK(mentions(error(bmp.substr(0, bmp.size() - 10)), "ends too early"));
  CHECK(mentions(error(ppm.substr(0, ppm.size() - 1)), "ends too early"));
  CHECK(mentions(data_error([] { read_image(golden + "cmyk.jpg", ColorMode::rgb); }), "CMYK"));
  CHECK(mentions(data_error([] { read_image(golden + "sixteen.png", ColorMode::rgb); }), "16 bits"));
  CHECK(mentions(error("P6\n60000 60000\n255\nabc"), "claims 60000x60000 pixels"));
}

TEST_CASE("decode: damage ends in an image or an error") {
  for (const char* name : {"rgb.jpg", "progressive.jpg", "rgb.png", "palette.png", "rgb.bmp", "grey.pgm"}) {
    CAPTURE(name);
    survive_damage(read_file(golden + name), [](const std::string& damaged) { decode_image(bytes_of(damaged), ColorMode::rgb, "x"); });
  }
}

TEST_CASE("options: unknown words name the known ones") {
  CHECK(color_mode_from("grayscale") == ColorMode::gray);
  CHECK_THROWS_WITH(color_mode_from("cmyk"), doctest::Contains("expected rgb or gray"));
  CHECK_THROWS_WITH(resize_from("cubic"), doctest::Contains("expected nearest or bilinear"));
  CHECK_THROWS_WITH(resize(Image{.height = 1, .width = 1, .channels = 1, .pixels = {0}}, {0, 4}, Resize::nearest),
                    doctest::Contains("0x4"));
  CHECK(has_image_extension("a.JPG"));
  CHECK_FALSE(has_image_extension("name_list.csv"));
}
