#include "layers/text_table.h"

#include <algorithm>
#include <cmath>

namespace lehr {

namespace {

/// Letters of UTF-8 text.
int letters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}
std::string first_letters(std::string_view text, int count) {
  std::size_t end = 0;
  while (end < text.size() && (count > 0 || (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U) --count;
    ++end;
    if (count == 0 && (end == text.size() || (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U)) break;
  }
  return std::string(text.substr(0, end));
}

std::string without_end_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// Widths with a blank on each side that together fill `width`: what is too much is taken off evenly, rounded half to even at each column.
std::vector<int> fitted(const std::vector<TextColumn>& columns, int width) {
  std::vector<int> widths;
  int total = 0;
  for (const auto& column : columns) {
    widths.push_back(column.width + 2);
    total += column.width + 2;
  }
  const int room = width - static_cast<int>(columns.size()) - 1;
  int excess = total - room;
  for (std::size_t i = 0; i < widths.size() && total > room; ++i) {
    const int share =
        std::min(widths[i], static_cast<int>(std::nearbyint(static_cast<double>(excess) / static_cast<double>(widths.size() - i))));
    widths[i] -= share;
    excess -= share;
  }
  for (int& w : widths) w = std::max(w - 2, 1);
  return widths;
}

struct Rule {
  const char *left, *line, *cross, *right;
};
std::string ruled(const std::vector<int>& widths, const Rule& rule) {
  std::string out = rule.left;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) out += rule.cross;
    for (int k = 0; k < widths[i] + 2; ++k) out += rule.line;
  }
  return out + rule.right + "\n";
}

std::string row_text(const std::vector<std::string>& cells, const std::vector<TextColumn>& columns, const std::vector<int>& widths,
                     const std::string& bar) {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    lines.push_back(wrapped(cells[i], widths[i]));
    height = std::max(height, lines.back().size());
  }
  std::string out;
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = row < lines[i].size() ? lines[i][row] : "";
      const std::string blanks(static_cast<std::size_t>(std::max(0, widths[i] - letters(text))), ' ');
      out += bar + " " + (columns[i].right ? blanks + text : text + blanks) + " ";
    }
    out += bar + "\n";
  }
  return out;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, int width) {
  std::vector<std::string> lines{""};
  int used = 0;
  for (std::size_t at = 0; at < text.size();) {  // a word takes the blanks behind it
    std::size_t end = text.find_first_not_of(' ', at);
    end = text.find(' ', std::min(end, text.size()));
    end = text.find_first_not_of(' ', std::min(end, text.size()));
    const std::string word(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (used > 0 && at > 0 && letters(without_end_blanks(word)) > width - used) {
      lines.emplace_back();
      used = 0;
    }
    lines.back() += word;
    used += letters(word);
    at += word.size();
  }
  for (auto& line : lines) {
    line = without_end_blanks(line);
    if (letters(line) > width) line = first_letters(line, width - 1) + "…";
  }
  return lines;
}

std::string text_table(const std::vector<TextColumn>& columns, const std::vector<std::vector<std::string>>& rows, int width) {
  const auto widths = fitted(columns, width);
  std::vector<std::string> headers;
  for (const auto& column : columns) headers.push_back(column.header);
  std::string out = ruled(widths, {"┏", "━", "┳", "┓"}) + row_text(headers, columns, widths, "┃") + ruled(widths, {"┡", "━", "╇", "┩"});
  for (std::size_t i = 0; i < rows.size(); ++i)
    out += (i > 0 ? ruled(widths, {"├", "─", "┼", "┤"}) : "") + row_text(rows[i], columns, widths, "│");
  return out + ruled(widths, {"└", "─", "┴", "┘"});
}

}  // namespace lehr
