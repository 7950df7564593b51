#include "engine/data/zip.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/data/byte_reader.h"
#include "engine/data/crc32.h"
#include "engine/data/inflate.h"

// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; the numbers below are its signatures.
namespace lehr {

namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr std::uint32_t end64_locator_signature = 0x07064b50, end64_signature = 0x06064b50;
constexpr std::size_t end_size = 22, local_size = 30, central_size = 46;
// Deflate cannot make more than 1,032 bytes from one (a match of 258 bytes costs two bits).
constexpr std::uint64_t deflate_most = 1032;

[[noreturn]] void fail(const std::string& where, std::string what, std::string hint = {}) {
  throw Error({.category = Category::data, .where = where, .what = std::move(what), .hint = std::move(hint)});
}

std::vector<std::byte> read_at(int descriptor, std::uint64_t offset, std::uint64_t count, const std::string& file) {
  std::vector<std::byte> out(static_cast<std::size_t>(count));
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t got = ::pread(descriptor, out.data() + have, out.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(file + ", offset " + std::to_string(offset + have), "cannot be read");
    have += static_cast<std::size_t>(got);
  }
  return out;
}

struct Directory {
  std::uint64_t offset = 0, size = 0, entries = 0;
};

/// Looks for the end record in the last 64 KiB, and for its 64-bit form where the numbers are saturated.
Directory find_directory(int descriptor, std::uint64_t bytes, const std::string& file) {
  if (bytes < end_size) fail(file, "is not a zip archive (too short)");
  const std::uint64_t tail_size = std::min<std::uint64_t>(bytes, end_size + 65535 + 20);
  const std::uint64_t tail_offset = bytes - tail_size;
  const auto tail = read_at(descriptor, tail_offset, tail_size, file);
  ByteReader in(tail, file);
  for (std::size_t at = tail.size() - end_size;; --at) {
    in.seek(at);
    if (in.little<std::uint32_t>() == end_signature) {
      in.seek(at + 10);
      Directory found{.entries = in.little<std::uint16_t>()};
      found.size = in.little<std::uint32_t>();
      found.offset = in.little<std::uint32_t>();
      const bool saturated = found.entries == 0xffff || found.size == 0xffffffff || found.offset == 0xffffffff;
      if (!saturated || at < 20) return found;
      in.seek(at - 20);
      if (in.little<std::uint32_t>() != end64_locator_signature) return found;
      in.seek(at - 20 + 8);
      const auto end64 = in.little<std::uint64_t>();
      if (end64 > bytes || bytes - end64 < 56) fail(file, "its 64-bit end record lies outside the file");
      const auto record = read_at(descriptor, end64, 56, file);
      ByteReader in64(record, file);
      if (in64.little<std::uint32_t>() != end64_signature) fail(file, "has no 64-bit end record where it says");
      in64.seek(32);
      found.entries = in64.little<std::uint64_t>();
      found.size = in64.little<std::uint64_t>();
      found.offset = in64.little<std::uint64_t>();
      return found;
    }
    if (at == 0) break;
  }
  fail(file, "is not a zip archive, or its end is missing", "The download may have been cut; fetch the file again.");
}

/// The extra field with id 1 holds the 64-bit values of those that are saturated, in this order.
void apply_zip64(std::span<const std::byte> extra, ZipEntry& entry, const std::string& file) {
  ByteReader in(extra, file);
  while (in.left() >= 4) {
    const auto id = in.little<std::uint16_t>();
    const auto size = in.little<std::uint16_t>();
    ByteReader field(in.take(size), file);
    if (id != 1) continue;
    if (entry.size == 0xffffffff) entry.size = field.little<std::uint64_t>();
    if (entry.compressed == 0xffffffff) entry.compressed = field.little<std::uint64_t>();
    if (entry.offset == 0xffffffff) entry.offset = field.little<std::uint64_t>();
  }
}

ZipEntry read_central(ByteReader& in, const std::string& file) {
  if (in.little<std::uint32_t>() != central_signature) in.fail("the zip directory is damaged");
  in.take(4);
  ZipEntry entry;
  const auto flags = in.little<std::uint16_t>();
  entry.method = in.little<std::uint16_t>();
  in.take(4);
  entry.crc32 = in.little<std::uint32_t>();
  entry.compressed = in.little<std::uint32_t>();
  entry.size = in.little<std::uint32_t>();
  const auto name_size = in.little<std::uint16_t>(), extra_size = in.little<std::uint16_t>(), comment_size = in.little<std::uint16_t>();
  in.take(8);
  entry.offset = in.little<std::uint32_t>();
  const auto name = in.take(name_size);
  entry.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  apply_zip64(in.take(extra_size), entry, file);
  in.take(comment_size);
  if ((flags & 1U) != 0) fail(file + ", entry " + entry.name, "is encrypted", "Unpack it first.");
  return entry;
}

/// Entries that share bytes make a small file large (D. Fifield, "A better zip bomb", 2019).
void check_overlaps(const std::vector<ZipEntry>& entries, const std::string& file) {
  std::vector<const ZipEntry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->offset < b->offset; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i]->offset - order[i - 1]->offset < local_size + order[i - 1]->compressed)
      fail(file + ", entry " + order[i]->name + ", offset " + std::to_string(order[i]->offset), "overlaps the entry " + order[i - 1]->name,
           "The file is damaged or made to deceive.");
}

}  // namespace

ZipReader::ZipReader(const std::string& file) : file_(file), descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail(file, std::string("cannot be opened (") + std::strerror(errno) + ")");
  try {
    struct stat info{};
    if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) fail(file, "is not a file");
    bytes_ = static_cast<std::uint64_t>(info.st_size);
    const Directory directory = find_directory(descriptor_, bytes_, file);
    if (directory.offset > bytes_ || directory.size > bytes_ - directory.offset) fail(file, "its directory lies outside the file");
    if (directory.entries > directory.size / central_size) fail(file, "claims more entries than its directory can hold");
    const auto central = read_at(descriptor_, directory.offset, directory.size, file);
    ByteReader in(central, file);
    for (std::uint64_t i = 0; i < directory.entries; ++i) entries_.push_back(read_central(in, file));
    check_overlaps(entries_, file);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

ZipReader::~ZipReader() { ::close(descriptor_); }

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const ZipEntry& entry) { return entry.name == name; });
  return at == entries_.end() ? nullptr : &*at;
}

std::vector<std::byte> ZipReader::read(const ZipEntry& entry) const {
  const std::string where = file_ + ", entry " + entry.name + ", offset " + std::to_string(entry.offset);
  if (entry.method != 0 && entry.method != 8)
    fail(where, "is packed with method " + std::to_string(entry.method), "Only stored and deflated entries are read; pack it again.");
  if (entry.offset > bytes_ || bytes_ - entry.offset < local_size) fail(where, "lies outside the file");
  const auto header = read_at(descriptor_, entry.offset, local_size, file_);
  ByteReader in(header, where);
  if (in.little<std::uint32_t>() != local_signature) fail(where, "has no local header");
  in.seek(26);
  const std::uint64_t name_size = in.little<std::uint16_t>(), extra_size = in.little<std::uint16_t>();
  const std::uint64_t begin = entry.offset + local_size + name_size + extra_size;
  if (begin > bytes_ || entry.compressed > bytes_ - begin) fail(where, "claims more bytes than the file has");
  const bool stored = entry.method == 0;
  if (stored ? entry.size != entry.compressed : entry.size / deflate_most > entry.compressed)
    fail(where, "claims a size that its packed bytes cannot give");
  auto packed = read_at(descriptor_, begin, entry.compressed, file_);
  auto out = stored ? std::move(packed) : inflate(packed, Deflate::raw, where, entry.size);
  if (out.size() != entry.size) fail(where, "decompresses to fewer bytes than it claims");
  if (crc32_of(out) != entry.crc32) fail(where, "its checksum does not match", "The file is damaged; fetch it again.");
  return out;
}

}  // namespace lehr
