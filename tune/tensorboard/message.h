// message.h: the part of the protocol buffer wire format that TensorBoard's records need, written and not read:
//   a field is a varint (number << 3 | type), then its value: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes; little-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lehr::tensorboard {

class Message {
 public:
  Message& integer(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& real(int field, double value) {
    key(field, 1);
    fixed(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
  }
  Message& single(int field, float value) {
    key(field, 5);
    fixed(std::bit_cast<std::uint32_t>(value), 4);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  Message& reals(int field, const std::vector<double>& values) {  ///< packed
    key(field, 2);
    varint(8 * values.size());
    for (const double v : values) fixed(std::bit_cast<std::uint64_t>(v), 8);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void key(int field, std::uint64_t type) { varint(static_cast<std::uint64_t>(field) << 3U | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7fU) | 0x80U);
    bytes_ += static_cast<char>(value);
  }
  void fixed(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> 8U * static_cast<unsigned>(i) & 0xffU);
  }
  std::string bytes_;
};

}  // namespace lehr::tensorboard
