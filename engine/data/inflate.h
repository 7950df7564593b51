// inflate.h: decompression by zlib into memory that grows with what really comes out, whatever sizes a file claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lehr {

enum class Deflate : std::uint8_t { gzip, raw };  ///< gzip also takes zlib's own wrapping

/// A whole stream (gzip: all its members). Throws Error{data} naming `where` and the offset: cut, damaged, or more than `limit` bytes.
std::vector<std::byte> inflate(std::span<const std::byte> bytes, Deflate wrapping, const std::string& where,
                               std::uint64_t limit = std::uint64_t{1} << 36U);
bool is_gzip(std::span<const std::byte> bytes);

}  // namespace lehr
