#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "kernels/error.h"

namespace lehr {

namespace {

[[noreturn]] void fail(const std::string& where, std::string what, std::string expected = {}, std::string got = {}) {
  throw Error(
      {.category = Category::data, .where = where, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_missing(std::string_view cell) {
  for (const char* word : {"", "NA", "N/A", "na", "nan", "NaN", "NAN", "null", "NULL", "None", "?"})
    if (cell == word) return true;
  return false;
}

bool parse_number(std::string_view cell, double& value) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() && std::isfinite(value);
}

struct Column {
  std::string name;
  std::vector<std::string> cells;
  std::vector<bool> missing;
  std::vector<double> numbers;  ///< where every present cell is one
  bool numeric = false;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::size_t> lines;  ///< of each row in the file
};

Table read_table(const std::string& file) {
  const auto rows = parse_csv(read_file(file), file);
  if (rows.size() < 2) fail(file, "holds no rows", "a line of column names and at least one row");
  Table table;
  for (const std::string& name : rows[0])
    table.columns.push_back({.name = std::string(trim(name)), .cells = {}, .missing = {}, .numbers = {}});
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() == 1 && trim(rows[i][0]).empty()) continue;
    if (rows[i].size() != table.columns.size())
      fail(file + ", line " + std::to_string(i + 1), "has another number of cells than the first line",
           std::to_string(table.columns.size()), std::to_string(rows[i].size()));
    table.lines.push_back(i + 1);
    for (std::size_t c = 0; c < rows[i].size(); ++c) {
      const std::string_view cell = trim(rows[i][c]);
      table.columns[c].cells.emplace_back(cell);
      table.columns[c].missing.push_back(is_missing(cell));
    }
  }
  for (Column& column : table.columns) {
    column.numeric = true;
    for (std::size_t i = 0; i < column.cells.size() && column.numeric; ++i) {
      double value = 0;
      if (!column.missing[i]) column.numeric = parse_number(column.cells[i], value);
      column.numbers.push_back(value);
    }
  }
  return table;
}

std::size_t label_column(const Table& table, const CsvData& spec) {
  if (spec.label.empty()) return table.columns.size() - 1;
  std::string names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name == spec.label) return c;
    names += (c > 0 ? ", " : "") + table.columns[c].name;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(spec.label.data(), spec.label.data() + spec.label.size(), index);
  if (error == std::errc() && end == spec.label.data() + spec.label.size() && index < table.columns.size()) return index;
  fail(spec.file, "has no column '" + spec.label + "'", names);
}

void drop_rows(Table& table, const std::vector<bool>& drop) {
  const auto filter = [&](auto& values) {
    if (values.size() != drop.size()) return;
    std::size_t to = 0;
    for (std::size_t i = 0; i < drop.size(); ++i)
      if (!drop[i]) values[to++] = values[i];
    values.resize(to);
  };
  for (Column& column : table.columns) {
    filter(column.cells);
    filter(column.missing);
    filter(column.numbers);
  }
  filter(table.lines);
}

/// Rows without a label go; what is missing elsewhere goes, or is filled.
void handle_missing(Table& table, std::size_t label, const CsvData& spec) {
  std::vector<bool> drop(table.lines.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    for (std::size_t i = 0; i < table.lines.size(); ++i) {
      if (!table.columns[c].missing[i]) continue;
      if (spec.missing == "error")
        fail(spec.file.value() + ", line " + std::to_string(table.lines[i]), "the cell of column '" + table.columns[c].name + "' is empty");
      if (c == label || spec.missing == "drop") drop[i] = true;
    }
  drop_rows(table, drop);
  if (table.lines.empty()) fail(spec.file, "every row lacks something");
}

double fill_value(std::vector<double> present, const std::string& how) {
  if (present.empty()) return 0;
  if (how == "mean") {
    double sum = 0;
    for (const double v : present) sum += v;
    return sum / static_cast<double>(present.size());
  }
  std::sort(present.begin(), present.end());
  const std::size_t middle = present.size() / 2;
  return present.size() % 2 == 1 ? present[middle] : (present[middle - 1] + present[middle]) / 2;
}

/// (shift, factor): value -> (value - shift) * factor. A constant column becomes zeros.
std::pair<double, double> scaling(std::vector<double> values, const std::string& how) {
  if (how == "none") return {0, 1};
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto quantile = [&](double q) {
    const double at = q * (n - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
  };
  double shift = 0, width = 0;
  if (how == "minmax") {
    shift = values.front();
    width = values.back() - values.front();
  } else if (how == "robust") {
    shift = quantile(0.5);
    width = quantile(0.75) - quantile(0.25);
  } else {
    for (const double v : values) shift += v / n;
    for (const double v : values) width += (v - shift) * (v - shift) / n;
    width = std::sqrt(width);
  }
  return {shift, width > 0 ? 1 / width : 0};
}

using Feature = std::vector<float>;

void add_numbers(const Column& column, const CsvData& spec, std::vector<Feature>& features) {
  std::vector<double> present;
  for (std::size_t i = 0; i < column.numbers.size(); ++i)
    if (!column.missing[i]) present.push_back(column.numbers[i]);
  const double fill = fill_value(present, spec.missing);
  std::vector<double> values = column.numbers;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (column.missing[i]) values[i] = fill;
  const auto [shift, factor] = scaling(values, spec.scale);
  Feature& feature = features.emplace_back();
  for (const double v : values) feature.push_back(static_cast<float>((v - shift) * factor));
}

/// Categories in sorted order; a missing word is the most frequent one.
void add_words(const Column& column, const CsvData& spec, std::vector<Feature>& features) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i < column.cells.size(); ++i)
    if (!column.missing[i]) ++counts[column.cells[i]];
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (counts.size() > 1000)
    fail(spec.file, "column '" + column.name + "' has " + std::to_string(counts.size()) + " different words", "at most 1000 categories");
  std::vector<std::size_t> ids;
  for (std::size_t i = 0; i < column.cells.size(); ++i)
    ids.push_back(static_cast<std::size_t>(std::distance(counts.begin(), column.missing[i] ? most : counts.find(column.cells[i]))));
  if (spec.encode == "ordinal") {
    Feature& feature = features.emplace_back();
    for (const std::size_t id : ids) feature.push_back(static_cast<float>(id));
    return;
  }
  for (std::size_t category = 0; category < counts.size(); ++category) {
    Feature& feature = features.emplace_back();
    for (const std::size_t id : ids) feature.push_back(id == category ? 1.0F : 0.0F);
  }
}

/// Words, and whole numbers of at most 20 kinds, are classes in sorted order; other numbers are targets.
void set_labels(const Column& column, Dataset& data) {
  const auto n = static_cast<std::int64_t>(column.cells.size());
  std::set<double> kinds(column.numbers.begin(), column.numbers.end());
  const bool whole = std::all_of(kinds.begin(), kinds.end(), [](double v) { return v == std::floor(v) && std::abs(v) < 1e9; });
  if (column.numeric && (!whole || kinds.size() > 20)) {
    data.y = Array({n, 1}, DType::f32);
    for (std::size_t i = 0; i < column.numbers.size(); ++i) data.y.as<float>()[i] = static_cast<float>(column.numbers[i]);
    return;
  }
  data.y = Array({n}, DType::i32);
  std::vector<std::string> names;
  if (column.numeric)
    for (const double kind : kinds) names.push_back(std::to_string(static_cast<std::int64_t>(kind)));
  else
    names.assign(column.cells.begin(), column.cells.end());
  if (!column.numeric) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  for (std::size_t i = 0; i < column.cells.size(); ++i) {
    const auto id = column.numeric ? std::distance(kinds.begin(), kinds.find(column.numbers[i]))
                                   : std::lower_bound(names.begin(), names.end(), column.cells[i]) - names.begin();
    data.y.as<std::int32_t>()[i] = static_cast<std::int32_t>(id);
  }
  data.class_names = std::move(names);
}

void check_words(const std::string& key, const std::string& value, std::initializer_list<const char*> known) {
  std::string list;
  for (const char* word : known) {
    if (value == word) return;
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  throw Error(
      {.category = Category::usage, .where = "csv(" + key + "=" + value + ")", .what = "unknown value", .expected = list, .got = value});
}

}  // namespace

Dataset load_csv(const CsvData& spec) {
  check_words("encode", spec.encode, {"onehot", "ordinal"});
  check_words("missing", spec.missing, {"median", "mean", "drop", "error"});
  check_words("scale", spec.scale, {"standard", "minmax", "robust", "none"});
  Table table = read_table(spec.file);
  if (table.columns.size() < 2) fail(spec.file, "has one column", "features and a label, separated by commas");
  const std::size_t label = label_column(table, spec);
  handle_missing(table, label, spec);
  std::vector<Feature> features;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c == label) continue;
    if (table.columns[c].numeric)
      add_numbers(table.columns[c], spec, features);
    else
      add_words(table.columns[c], spec, features);
  }
  const std::size_t n = table.lines.size();
  Dataset data{.x = Array({static_cast<std::int64_t>(n), static_cast<std::int64_t>(features.size())}, DType::f32), .name = spec.file};
  const auto x = data.x.as<float>();
  for (std::size_t f = 0; f < features.size(); ++f)
    for (std::size_t i = 0; i < n; ++i) x[i * features.size() + f] = features[f][i];
  set_labels(table.columns[label], data);
  return data;
}

}  // namespace lehr
