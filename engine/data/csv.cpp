#include "engine/data/csv.h"

#include "kernels/error.h"

namespace lehr {

std::string csv_field(const std::string& text, char separator) {
  if (text.find_first_of("\"\r\n") == std::string::npos && text.find(separator) == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, char separator) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<CsvRow> rows;
  std::size_t at = 0, line = 1;
  while (at < text.size()) {
    CsvRow& row = rows.emplace_back();
    bool more = true;
    while (more) {
      std::string& cell = row.emplace_back();
      if (at < text.size() && text[at] == '"') {
        const std::size_t opened = line;
        for (++at;; ++at) {
          if (at >= text.size())
            throw Error(
                {.category = Category::data, .where = file + ", line " + std::to_string(opened), .what = "a quote is never closed"});
          if (text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"')) break;
          if (text[at] == '"') ++at;
          if (text[at] == '\n') ++line;
          cell += text[at];
        }
        ++at;
      }
      while (at < text.size() && text[at] != separator && text[at] != '\n' && text[at] != '\r') cell += text[at++];
      more = at < text.size() && text[at] == separator;
      if (more) ++at;
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size() && text[at] == '\n') ++at;
    ++line;
  }
  return rows;
}

}  // namespace lehr
