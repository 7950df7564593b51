// file.h: whole files in and out. Reading names the file in its errors; writing is atomic.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

std::vector<std::byte> read_file(const std::string& file);
std::string read_text(const std::string& file);
/// Beside the target, flushed to the disk, then renamed: a reader sees the old file or the new one.
void write_file(const std::string& file, std::span<const std::byte> bytes);
void write_text(const std::string& file, std::string_view text);

/// Decompresses a whole gzip or zlib stream; never holds more than `limit` bytes. Throws Error{data} naming `file` and the offset.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& file, std::size_t limit = std::size_t{1} << 34U);
bool is_gzip(std::span<const std::byte> bytes);

}  // namespace lehr
