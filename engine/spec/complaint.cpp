// complaint.cpp: errors about a spec, with the text and a caret.
#include <algorithm>

#include "engine/spec/value.h"
#include "engine/utf8.h"

namespace lehr {

namespace {

/// One string a column: what cannot be shown becomes a blank or a question mark.
std::vector<std::string> columns(std::string_view text, std::size_t offset, std::size_t& caret) {
  std::vector<std::string> out;
  caret = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i <= offset) caret = out.size();
    const std::size_t length = utf8_length(text, i);
    const auto c = static_cast<unsigned char>(text[i]);
    out.push_back(length == 0 ? "?" : c < 0x20 || c == 0x7F ? " " : std::string(text.substr(i, length)));
    i += std::max<std::size_t>(length, 1);
  }
  if (offset >= text.size()) caret = out.size();
  return out;
}

std::string shortened(std::string text, std::size_t limit = 60) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

std::string caret_picture(std::string_view text, std::size_t offset) {
  constexpr std::size_t width = 90;
  std::size_t caret = 0;
  const auto shown = columns(text, offset, caret);
  std::size_t first = 0, last = shown.size();
  if (shown.size() > width) {
    first = caret > width / 2 ? std::min(caret - width / 2, shown.size() - width) : 0;
    last = first + width;
  }
  std::string line = first > 0 ? "..." : "";
  const std::string blanks(line.size() + caret - first, ' ');
  for (std::size_t i = first; i < last; ++i) line += shown[i];
  if (last < shown.size()) line += "...";
  return "\n  " + line + "\n  " + blanks + "^";
}

Error spec_error(const SpecValue& at, ErrorInfo complaint) {
  if (complaint.category == Category::failed) complaint.category = at.source ? at.source->category : Category::usage;
  complaint.got = shortened(std::move(complaint.got));
  if (at.source && !at.source->text.empty()) {
    std::size_t column = 0;
    columns(at.source->text, at.offset, column);
    complaint.where = at.source->what + ", column " + std::to_string(column + 1);
    complaint.hint += caret_picture(at.source->text, at.offset);
  } else if (at.source) {
    complaint.where = at.source->what;
  }
  return Error(std::move(complaint));
}

Error wrong_type(const SpecValue& value, std::string_view expected) {
  if (value.is(SpecKind::searched)) {
    return spec_error(
        value, {.what = "a value to be searched stands here", .expected = std::string(expected), .hint = "Only lehr tune chooses values."});
  }
  return spec_error(value, {.what = "this value does not fit", .expected = std::string(expected), .got = value.print()});
}

}  // namespace lehr
