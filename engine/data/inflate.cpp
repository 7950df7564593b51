#include "engine/data/inflate.h"

#include <zlib.h>

#include <algorithm>

#include "kernels/error.h"

namespace lehr {

namespace {

/// z_stream with its end, fed and drained in pieces that fit zlib's 32-bit counters.
class Inflater {
 public:
  explicit Inflater(Deflate wrapping) {
    if (inflateInit2(&stream_, wrapping == Deflate::raw ? -15 : 15 + 32) != Z_OK) throw Error({.where = "zlib", .what = "cannot start"});
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  int step(std::span<const std::byte> bytes, std::vector<std::byte>& out) {
    if (stream_.avail_in == 0 && fed_ < bytes.size()) {
      const std::size_t next = std::min<std::size_t>(bytes.size() - fed_, std::size_t{1} << 30U);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + fed_));
      stream_.avail_in = static_cast<uInt>(next);
      fed_ += next;
    }
    if (out.size() - have_ < piece) out.resize(std::max(have_ + piece, have_ * 2));
    const std::size_t room = std::min<std::size_t>(out.size() - have_, std::size_t{1} << 30U);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + have_);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    have_ += room - stream_.avail_out;
    return status;
  }
  bool starved(std::span<const std::byte> bytes) const { return stream_.avail_in == 0 && fed_ == bytes.size() && stream_.avail_out != 0; }
  bool another_member() const { return stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b; }
  void restart() { inflateReset(&stream_); }
  std::size_t have() const { return have_; }
  std::size_t offset() const { return fed_ - stream_.avail_in; }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 16U;
  z_stream stream_{};
  std::size_t fed_ = 0, have_ = 0;
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) { return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b}; }

std::vector<std::byte> inflate(std::span<const std::byte> bytes, Deflate wrapping, const std::string& where, std::uint64_t limit) {
  Inflater inflater(wrapping);
  std::vector<std::byte> out;
  while (true) {
    const int status = inflater.step(bytes, out);
    if (inflater.have() > limit)
      throw Error({.category = Category::data,
                   .where = where,
                   .what = "decompresses to more bytes than it claims",
                   .expected = std::to_string(limit) + " bytes"});
    if (status == Z_STREAM_END) {
      if (wrapping == Deflate::raw || !inflater.another_member()) break;
      inflater.restart();
      continue;
    }
    const bool cut = (status == Z_OK || status == Z_BUF_ERROR) && inflater.starved(bytes);
    if (!cut && status == Z_OK) continue;
    throw Error({.category = Category::data,
                 .where = where + ", offset " + std::to_string(inflater.offset()),
                 .what = cut ? "the compressed data ends too early" : "the compressed data is damaged",
                 .hint = "A download may have been cut; fetch the file again."});
  }
  out.resize(inflater.have());
  return out;
}

}  // namespace lehr
