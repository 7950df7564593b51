// text_table.h: a table with ruled lines between all rows, as the library `rich` draws it: words are wrapped at blanks, and one that is longer
// than its column ends in an ellipsis.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct TextColumn {
  std::string header;
  int width = 0;  ///< letters wanted; columns give way where the table would be wider than asked for
  bool right = false;
};

/// Each line ends in '\n'. `width` letters in all.
std::string text_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows, int width);

/// A cell's lines in `width` letters.
std::vector<std::string> wrapped(std::string_view text, int width);

}  // namespace lehr
