// byte_reader.h: numbers out of bytes that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/error.h"

namespace lehr {

/// Every read checks that the bytes are there and throws Error{data} naming the file and the offset where they are not.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }
  void seek(std::size_t offset) {
    if (offset > bytes_.size()) cut(offset - bytes_.size());
    offset_ = offset;
  }
  std::span<const std::byte> take(std::uint64_t count) {
    if (count > left()) cut(count);
    const auto out = bytes_.subspan(offset_, static_cast<std::size_t>(count));
    offset_ += static_cast<std::size_t>(count);
    return out;
  }
  template <class T>
  T little() {
    const auto raw = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
    return static_cast<T>(value);
  }
  template <class T>
  T big() {
    const auto raw = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8U | static_cast<std::uint64_t>(raw[i]);
    return static_cast<T>(value);
  }
  std::string where() const { return file_ + ", offset " + std::to_string(offset_); }
  [[noreturn]] void fail(std::string what, std::string expected = {}, std::string got = {}) const {
    throw Error(
        {.category = Category::data, .where = where(), .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
  }

 private:
  [[noreturn]] void cut(std::uint64_t wanted) const {
    throw Error({.category = Category::data,
                 .where = where(),
                 .what = "the file ends too early",
                 .expected = std::to_string(wanted) + " more bytes",
                 .got = std::to_string(left()),
                 .hint = "It may have been cut; fetch or write it again."});
  }
  std::span<const std::byte> bytes_;
  std::string file_;
  std::size_t offset_ = 0;
};

}  // namespace lehr
