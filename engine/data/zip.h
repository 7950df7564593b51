// zip.h: zip archives, stored and deflated, with ZIP64. Sizes in the file are claims: nothing is allocated that the file cannot hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct ZipEntry {
  std::string name = {};
  std::uint64_t compressed = 0, size = 0, offset = 0;  ///< offset of the local header
  std::uint32_t crc32 = 0;
  std::uint16_t method = 0;  ///< 0 stored, 8 deflated
};

/// Reads the central directory when opened; entries on demand, from many threads at once (pread).
class ZipReader {
 public:
  explicit ZipReader(const std::string& file);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const std::string& file() const { return file_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view name) const;
  std::vector<std::byte> read(const ZipEntry& entry) const;  ///< checks the CRC; throws Error{data} naming archive, entry and offset

 private:
  std::string file_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
  std::vector<ZipEntry> entries_;
};

class ZipWriter {
 public:
  explicit ZipWriter(std::string file) : file_(std::move(file)) {}
  void add(const std::string& name, std::span<const std::byte> bytes, bool compressed);
  /// Stored: `head`, then `body`, which is not copied: it must be there until finish().
  void add_view(const std::string& name, std::span<const std::byte> head, std::span<const std::byte> body);
  void finish();  ///< writes the directory; the file appears under its name only now

 private:
  struct View {
    std::size_t before = 0;  ///< so many bytes of out_ come first
    std::span<const std::byte> bytes = {};
  };
  void begin_entry(ZipEntry entry);
  void put_directory();
  std::string file_;
  std::vector<std::byte> out_;  ///< all but the views
  std::vector<View> views_;
  std::uint64_t viewed_ = 0;  ///< bytes of them
  std::vector<ZipEntry> entries_;
};

}  // namespace lehr
