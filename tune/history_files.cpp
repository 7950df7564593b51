#include "tune/history_files.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/data/csv.h"
#include "kernels/error.h"
#include "tune/format.h"
#include "tune/json_text.h"

namespace lehr {

namespace {

/// Fields of one line; "a,b" in quotes, a quote doubled inside.
std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += line[i++];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

[[noreturn]] void damaged(std::string_view file, std::int64_t line, std::string what, std::string expected, std::string got) {
  throw Error({.category = Category::data,
               .where = fmt::format("{}, line {}", file, line),
               .what = std::move(what),
               .expected = std::move(expected),
               .got = std::move(got)});
}

double number_of(std::string_view file, std::int64_t line, const std::string& field) {
  std::string_view text = field;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || text == "NA" || text == "nan" || text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    damaged(file, line, "not a number", "a number, nan or NA", "'" + field + "'");
  return value;
}

char separator_of(std::string_view header) {
  const auto at = header.find_first_of(",;\t");
  return at == std::string_view::npos ? ',' : header[at];
}

}  // namespace

std::string history_csv(const History& history) {
  std::string out = "epoch";
  for (const auto& name : history.names) out += "," + csv_field(name);
  out += '\n';
  for (std::int64_t i = 0; i < history.epochs(); ++i) {
    out += std::to_string(history.rows[static_cast<std::size_t>(i)].epoch);
    for (const auto& name : history.names) out += "," + repr(history.at(name, i));
    out += '\n';
  }
  return out;
}

History parse_history_csv(std::string_view text, std::string_view file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const auto header = next_line(text);
  const char separator = separator_of(header);
  const auto names = split(header, separator);
  if (names.front() != "epoch") damaged(file, 1, "no history", "a header that begins with epoch", "'" + names.front() + "'");
  History out;
  out.names.assign(names.begin() + 1, names.end());
  for (std::int64_t line = 2; !text.empty(); ++line) {
    const auto content = next_line(text);
    if (content.empty()) continue;
    const auto fields = split(content, separator);
    if (fields.size() != names.size())
      damaged(file, line, "wrong number of columns", std::to_string(names.size()), std::to_string(fields.size()));
    const double epoch = number_of(file, line, fields.front());
    if (!(epoch >= 0 && epoch < 1e15 && epoch == std::floor(epoch)))
      damaged(file, line, "no epoch", "a count from 0", "'" + fields.front() + "'");
    EpochRow row{.epoch = static_cast<std::int64_t>(epoch), .values = {}};
    for (std::size_t i = 1; i < fields.size(); ++i) row.values.push_back(number_of(file, line, fields[i]));
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string history_json(const History& history) {
  std::vector<std::string> epochs;
  for (const auto& row : history.rows) epochs.push_back(std::to_string(row.epoch));
  std::vector<std::pair<std::string, std::string>> columns;
  for (const auto& name : history.names) {
    std::vector<std::string> values;
    for (const double value : history.column(name)) values.push_back(json_number(value));
    columns.emplace_back(name, json_list(values));
  }
  return json_object({{"epoch", json_list(epochs)}, {"history", json_object(columns)}}) + "\n";
}

std::string event_json(const Event& event) {
  return json_object({{"epoch", std::to_string(event.epoch)}, {"event", json_string(event.kind)}, {"text", json_string(event.text)}});
}

}  // namespace lehr
