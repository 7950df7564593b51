#include <zlib.h>

#include <algorithm>
#include <array>

#include "engine/atomic_file.h"
#include "engine/data/crc32.h"
#include "engine/data/zip.h"
#include "kernels/error.h"

// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; the numbers below are its signatures.
namespace lehr {

namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr std::uint32_t end64_locator_signature = 0x07064b50, end64_signature = 0x06064b50;

template <class T>
void put(std::vector<std::byte>& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}
void put_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

std::vector<std::byte> deflate_raw(std::span<const std::byte> bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw Error({.where = "zip", .what = "zlib cannot start"});
  struct End {
    z_stream* stream;
    ~End() { deflateEnd(stream); }
  } const end{&stream};
  std::vector<std::byte> out(1024);
  std::size_t fed = 0, have = 0;
  int status = Z_OK;
  while (status == Z_OK || status == Z_BUF_ERROR) {
    if (stream.avail_in == 0 && fed < bytes.size()) {
      const std::size_t next = std::min<std::size_t>(bytes.size() - fed, std::size_t{1} << 30U);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + fed));
      stream.avail_in = static_cast<uInt>(next);
      fed += next;
    }
    if (out.size() - have < 1024) out.resize(out.size() * 2);
    const std::size_t room = std::min<std::size_t>(out.size() - have, std::size_t{1} << 30U);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = static_cast<uInt>(room);
    status = deflate(&stream, fed == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    have += room - stream.avail_out;
  }
  out.resize(have);
  return out;
}

}  // namespace

void ZipWriter::add(const std::string& name, std::span<const std::byte> bytes, bool compressed) {
  const auto packed = compressed ? deflate_raw(bytes) : std::vector<std::byte>{};
  const std::span<const std::byte> body = compressed ? std::span<const std::byte>(packed) : bytes;
  begin_entry({.name = name,
               .compressed = body.size(),
               .size = bytes.size(),
               .crc32 = crc32_of(bytes),
               .method = static_cast<std::uint16_t>(compressed ? 8 : 0)});
  put_bytes(out_, body);
}

void ZipWriter::add_view(const std::string& name, std::span<const std::byte> head, std::span<const std::byte> body) {
  const std::uint64_t size = head.size() + body.size();
  begin_entry({.name = name, .compressed = size, .size = size, .crc32 = crc32_of(body, crc32_of(head))});
  put_bytes(out_, head);
  views_.push_back({.before = out_.size(), .bytes = body});
  viewed_ += body.size();
}

void ZipWriter::begin_entry(ZipEntry entry) {
  entry.offset = out_.size() + viewed_;
  const bool large = entry.size >= 0xffffffff || entry.compressed >= 0xffffffff;
  put(out_, local_signature);
  put(out_, static_cast<std::uint16_t>(large ? 45 : 20));
  put(out_, std::uint16_t{0x800});  // names are UTF-8
  put(out_, entry.method);
  put(out_, std::uint16_t{0});
  put(out_, std::uint16_t{0x21});  // 1980-01-01: the same arrays give the same file
  put(out_, entry.crc32);
  put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(entry.compressed));
  put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(entry.size));
  put(out_, static_cast<std::uint16_t>(entry.name.size()));
  put(out_, static_cast<std::uint16_t>(large ? 20 : 0));
  put_bytes(out_, std::as_bytes(std::span(entry.name)));
  if (large) {
    put(out_, std::uint16_t{1});
    put(out_, std::uint16_t{16});
    put(out_, entry.size);
    put(out_, entry.compressed);
  }
  entries_.push_back(std::move(entry));
}

void ZipWriter::finish() {
  put_directory();
  std::vector<std::span<const std::byte>> pieces;
  std::size_t at = 0;
  for (const View& view : views_) {
    pieces.emplace_back(std::span(out_).subspan(at, view.before - at));
    pieces.push_back(view.bytes);
    at = view.before;
  }
  pieces.emplace_back(std::span(out_).subspan(at));
  write_file_atomically(file_, std::span<const std::span<const std::byte>>(pieces));
}

void ZipWriter::put_directory() {
  const std::uint64_t directory = out_.size() + viewed_;
  for (const ZipEntry& entry : entries_) {
    const bool large = entry.size >= 0xffffffff || entry.compressed >= 0xffffffff || entry.offset >= 0xffffffff;
    put(out_, central_signature);
    put(out_, static_cast<std::uint16_t>(large ? 45 : 20));
    put(out_, static_cast<std::uint16_t>(large ? 45 : 20));
    put(out_, std::uint16_t{0x800});
    put(out_, entry.method);
    put(out_, std::uint16_t{0});
    put(out_, std::uint16_t{0x21});
    put(out_, entry.crc32);
    put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(entry.compressed));
    put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(entry.size));
    put(out_, static_cast<std::uint16_t>(entry.name.size()));
    put(out_, static_cast<std::uint16_t>(large ? 28 : 0));
    put_bytes(out_, std::array<std::byte, 10>{});  // no comment, disk 0, no attributes
    put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(entry.offset));
    put_bytes(out_, std::as_bytes(std::span(entry.name)));
    if (large) {
      put(out_, std::uint16_t{1});
      put(out_, std::uint16_t{24});
      put(out_, entry.size);
      put(out_, entry.compressed);
      put(out_, entry.offset);
    }
  }
  const std::uint64_t size = out_.size() + viewed_ - directory;
  const bool large = entries_.size() >= 0xffff || size >= 0xffffffff || directory >= 0xffffffff;
  if (large) {
    const std::uint64_t end64 = out_.size() + viewed_;
    put(out_, end64_signature);
    put(out_, std::uint64_t{44});
    put(out_, std::uint16_t{45});
    put(out_, std::uint16_t{45});
    put(out_, std::uint64_t{0});  // disks
    put(out_, static_cast<std::uint64_t>(entries_.size()));
    put(out_, static_cast<std::uint64_t>(entries_.size()));
    put(out_, size);
    put(out_, directory);
    put(out_, end64_locator_signature);
    put(out_, std::uint32_t{0});
    put(out_, end64);
    put(out_, std::uint32_t{1});
  }
  put(out_, end_signature);
  put(out_, std::uint32_t{0});
  const auto count = static_cast<std::uint16_t>(large ? 0xffff : entries_.size());
  put(out_, count);
  put(out_, count);
  put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(size));
  put(out_, large ? 0xffffffffU : static_cast<std::uint32_t>(directory));
  put(out_, std::uint16_t{0});
}

}  // namespace lehr
