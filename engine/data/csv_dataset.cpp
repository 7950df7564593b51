#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/data/table.h"
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

struct CellTable {
  std::vector<Column> columns;
  std::vector<std::size_t> lines;  ///< of each row in the file
};

CellTable read_table(const std::string& file) {
  const auto rows = parse_csv(read_file(file), file);
  if (rows.size() < 2) fail(file, "holds no rows", "a line of column names and at least one row");
  CellTable table;
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

/// By its name, or by its number from 0.
std::size_t column_of(const CellTable& table, const std::string& wanted, const std::string& file) {
  std::string names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name == wanted) return c;
    names += (c > 0 ? ", " : "") + table.columns[c].name;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error == std::errc() && end == wanted.data() + wanted.size() && index < table.columns.size()) return index;
  fail(file, "has no column '" + wanted + "'", names);
}

/// Columns that are no features.
struct ApartColumns {
  std::optional<std::size_t> label = {}, sample_weight = {};
  bool has(std::size_t column) const { return column == label || column == sample_weight; }
};

/// The label is the last column where none is named, but for that of the weights.
ApartColumns apart_columns(const CellTable& table, const CsvData& spec) {
  ApartColumns out;
  if (!spec.sample_weight.empty()) out.sample_weight = column_of(table, spec.sample_weight, spec.file);
  const std::size_t last = table.columns.size() - 1;
  out.label = !spec.label.empty() ? column_of(table, spec.label, spec.file) : last == out.sample_weight ? last - 1 : last;
  if (out.label == out.sample_weight) fail(spec.file, "column '" + spec.label + "' is named as label and as sample weight", "two columns");
  return out;
}

void set_sample_weights(const CellTable& table, const Column& column, const std::string& file, Dataset& data) {
  data.sample_weights = Array({std::ssize(table.lines)}, DType::f32);
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (!column.numeric || column.missing[i])
      fail(file + ", line " + std::to_string(table.lines[i]), "the sample weight of column '" + column.name + "' is no number", "0 or more",
           "'" + column.cells[i] + "'");
    data.sample_weights.as<float>()[i] = static_cast<float>(column.numbers[i]);
  }
}

void drop_rows(CellTable& table, const std::vector<bool>& drop) {
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
void handle_missing(CellTable& table, std::size_t label, const CsvData& spec) {
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

/// Words by their place among the sorted ones.
std::vector<std::string> words_of(Column& column, const std::string& file) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < column.cells.size(); ++i)
    if (!column.missing[i]) seen.insert(column.cells[i]);
  if (seen.size() > 1000)
    fail(file, "column '" + column.name + "' has " + std::to_string(seen.size()) + " different words", "at most 1000 categories");
  std::vector<std::string> words(seen.begin(), seen.end());
  column.numbers.clear();
  for (const auto& cell : column.cells)
    column.numbers.push_back(static_cast<double>(std::lower_bound(words.begin(), words.end(), cell) - words.begin()));
  return words;
}

/// The cells of all columns but one, and what they are.
void set_cells(CellTable& table, const ApartColumns& apart, const CsvData& spec, Dataset& data) {
  auto columns = std::make_shared<Table>(Table{.encode = spec.encode, .missing = spec.missing, .scale = spec.scale});
  std::vector<const Column*> kept;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    Column& column = table.columns[c];
    if (c == apart.label) columns->label = column.name;
    if (apart.has(c)) continue;
    columns->columns.push_back({.name = column.name, .words = column.numeric ? std::vector<std::string>{} : words_of(column, spec.file)});
    kept.push_back(&column);
  }
  data.x = Array({std::ssize(table.lines), std::ssize(kept)}, DType::f64);
  auto* x = data.x.as<double>().data();
  for (std::size_t i = 0; i < table.lines.size(); ++i)
    for (const Column* column : kept) *x++ = column->missing[i] ? std::numeric_limits<double>::quiet_NaN() : column->numbers[i];
  data.table = std::move(columns);
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
  check_words("missing", spec.missing, {"median", "mean", "most_frequent", "drop", "error"});
  check_words("scale", spec.scale, {"standard", "minmax", "robust", "none"});
  CellTable table = read_table(spec.file);
  if (table.columns.size() < 2) fail(spec.file, "has one column", "features and a label, separated by commas");
  if (table.columns.size() == 2 && !spec.sample_weight.empty()) fail(spec.file, "has two columns", "features, a label and a sample weight");
  const ApartColumns apart = apart_columns(table, spec);
  handle_missing(table, *apart.label, spec);
  Dataset data{.name = spec.file};
  set_cells(table, apart, spec, data);
  set_labels(table.columns[*apart.label], data);
  if (apart.sample_weight) set_sample_weights(table, table.columns[*apart.sample_weight], spec.file, data);
  return data;
}

Dataset load_csv_inputs(const std::string& file) {
  CellTable table = read_table(file);
  Dataset data{.name = file};
  set_cells(table, {}, {.file = file}, data);
  return data;
}

}  // namespace lehr
