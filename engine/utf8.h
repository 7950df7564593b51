// utf8.h: the little that writers and error pictures need of UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lehr {

/// Bytes of the character that begins at `i`; 0 where none does (a stray or cut byte, an overlong form, a surrogate).
std::size_t utf8_length(std::string_view text, std::size_t i);
/// Every byte that belongs to no character becomes U+FFFD.
std::string valid_utf8(std::string_view text);
/// Characters, each invalid byte counted as one.
std::size_t utf8_columns(std::string_view text);

}  // namespace lehr
