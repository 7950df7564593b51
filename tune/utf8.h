// utf8.h: text that came from files and folders, made safe to show and measured in characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/utf8.h"

namespace lehr {

/// Bytes of the well-formed sequence at the start (RFC 3629); 0 where there is none.
std::size_t utf8_length(std::string_view text);
std::size_t characters(std::string_view text);                   ///< code points
std::string fitted(std::string_view text, std::size_t width);    ///< cut or padded with spaces to so many characters
std::string repeated(std::string_view text, std::size_t count);  ///< "━━━"

}  // namespace lehr
