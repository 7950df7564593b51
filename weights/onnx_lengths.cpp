#include "weights/onnx_lengths.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>

#include "kernels/error.h"

namespace lehr {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int deepest = 100;  // as protobuf reads

class Walk {
 public:
  Walk(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  /// Of a message that ends at `end`.
  void message(const Descriptor& type, std::size_t end, int depth) {
    if (depth > deepest) fail("messages lie in messages too deeply", std::to_string(deepest) + " at most", "more");
    while (at_ < end) {
      const std::uint64_t tag = varint(end);
      switch (tag & 7U) {
        case 0:
          varint(end);
          break;
        case 1:
          skip(8, end);
          break;
        case 5:
          skip(4, end);
          break;
        case 2:
          delimited(type.FindFieldByNumber(static_cast<int>(tag >> 3U)), end, depth);
          break;
        default:
          fail("a field of an unknown kind", "protobuf's 0, 1, 2 or 5", std::to_string(tag & 7U));
      }
    }
  }

 private:
  /// `field`: null where the type has none of this number.
  void delimited(const FieldDescriptor* field, std::size_t end, int depth) {
    const std::uint64_t length = varint(end);
    const std::size_t begin = at_;
    skip(length, end);
    if (field == nullptr || field->type() != FieldDescriptor::TYPE_MESSAGE) return;
    at_ = begin;
    message(*field->message_type(), begin + static_cast<std::size_t>(length), depth + 1);
  }

  void skip(std::uint64_t length, std::size_t end) {
    if (length > end - at_)
      fail("a length leads out of what holds it", std::to_string(end - at_) + " bytes at most", std::to_string(length));
    at_ += static_cast<std::size_t>(length);
  }

  std::uint64_t varint(std::size_t end) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at_ == end) fail("a number is cut off", "more bytes", "the end of what holds it");
      const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7FU) << (shift < 63 ? shift : 63U);
      if ((byte & 0x80U) == 0) return value;
    }
    fail("a number does not end", "10 bytes at most", "more");
  }

  [[noreturn]] void fail(const char* what, std::string expected, std::string got) const {
    throw Error({.category = Category::data,
                 .where = file_ + ", byte " + std::to_string(at_),
                 .what = std::string("is no ONNX model, or damaged: ") + what,
                 .expected = std::move(expected),
                 .got = std::move(got)});
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::size_t at_ = 0;
};

}  // namespace

void check_lengths(std::span<const std::byte> bytes, const Descriptor& type, const std::string& file) {
  Walk(bytes, file).message(type, bytes.size(), 0);
}

}  // namespace lehr
