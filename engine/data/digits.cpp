#include "engine/data/digits.h"

#include <array>

#include "engine/data/digits_data.h"
#include "engine/data/inflate.h"

namespace lehr {

namespace {

constexpr std::size_t count = 1797, pixels = 64;
constexpr std::int64_t train_end = 1200, validation_end = 1500;

/// Five characters are four bytes, most significant first.
std::vector<std::byte> from_base85(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>,@^_`{|}~";
  std::array<std::uint32_t, 256> value{};
  for (std::size_t i = 0; i < alphabet.size(); ++i) value[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i);
  std::vector<std::byte> out;
  out.reserve(text.size() / 5 * 4);
  for (std::size_t at = 0; at + 5 <= text.size(); at += 5) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 5; ++i) word = word * 85 + value[static_cast<unsigned char>(text[at + i])];
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(word >> static_cast<unsigned>(shift)));
  }
  return out;
}

}  // namespace

DataSplits load_digits() {
  const auto plain = inflate(from_base85(digits_base85), Deflate::gzip, "the bundled digits", count * (pixels + 1));
  Dataset all{.x = Array({count, 8, 8, 1}, DType::u8), .y = Array({count}, DType::i32), .name = "digits"};
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
      all.x.as<std::uint8_t>()[row * pixels + pixel] =
          static_cast<std::uint8_t>((static_cast<unsigned>(plain[pixel * count + row]) * 255 + 8) / 16);
    all.y.as<std::int32_t>()[row] = static_cast<std::int32_t>(plain[pixels * count + row]);
  }
  for (int digit = 0; digit < 10; ++digit) all.class_names.push_back(std::to_string(digit));
  DataSplits out{.train = all.rows(0, train_end),
                 .validation = all.rows(train_end, validation_end),
                 .test = all.rows(validation_end, count),
                 .source = "digits: 1,797 handwritten digits, bundled (Alpaydin and Kaynak, UCI 1998, CC BY 4.0)"};
  out.train->name = "digits/Train";
  out.validation->name = "digits/Validation";
  out.test->name = "digits/Test";
  return out;
}

}  // namespace lehr
