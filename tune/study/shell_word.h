// shell_word.h: text as one word of a POSIX shell.
#pragma once

#include <string>
#include <string_view>

namespace lehr {

/// 'text', with each ' inside as '\''.
inline std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace lehr
