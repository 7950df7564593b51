// IDX, as MNIST's site defines it.
#include "engine/data/idx.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::string idx(char type, std::initializer_list<unsigned> extents, const std::string& elements) {
  std::string out{'\0', '\0', type, static_cast<char>(extents.size())};
  for (const unsigned extent : extents)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(extent >> static_cast<unsigned>(shift));
  return out + elements;
}

std::string gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("idx: bytes and big-endian numbers, plain and gzip") {
  const TemporaryFolder folder;
  const std::string plain = idx(8, {2, 3}, "abcdef");
  for (const std::string& bytes : {plain, gzip(plain), gzip(plain.substr(0, 5)) + gzip(plain.substr(5))}) {
    const Array array = read_idx(folder.write("x-ubyte", bytes));
    CHECK(array.shape() == Shape({2, 3}));
    CHECK(array.as<std::uint8_t>()[5] == 'f');
  }
  CHECK(read_idx(folder.write("i4", idx(0x0C, {2}, std::string("\xff\xff\xff\xfe\x00\x00\x01\x00", 8)))).as<std::int32_t>()[0] == -2);
  CHECK(read_idx(folder.write("i2", idx(0x0B, {1}, "\xff\xfe"))).as<std::int32_t>()[0] == -2);
  CHECK(read_idx(folder.write("f4", idx(0x0D, {1}, std::string("\x3f\xc0\x00\x00", 4)))).as<float>()[0] == 1.5F);
}

TEST_CASE("idx: damaged files say where") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) { return data_error([&] { read_idx(folder.write("t.gz", bytes)); }); };
  const std::string packed = gzip(idx(8, {4, 4}, "0123456789abcdef"));
  CHECK(mentions(error(packed.substr(0, packed.size() - 12)), "the compressed data ends too early"));
  std::string damaged = packed;
  damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
  CHECK(mentions(error(damaged), "t.gz, offset"));
  CHECK(mentions(error(idx(8, {4, 4}, "0123")), "expected 16 bytes for shape (4, 4), got 4"));
  CHECK(mentions(error(idx(8, {1}, "01")), "bytes are left over"));
  CHECK(mentions(error(idx(8, {4000000000U, 4000000000U, 4000000000U}, "0")), "larger than any file"));
  CHECK(mentions(error("PNG or something"), "is not an IDX file"));
  CHECK(mentions(error(""), "ends too early"));
}
