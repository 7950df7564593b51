#include "engine/data/table.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "engine/json.h"

namespace lehr {

namespace {

std::vector<double> present_cells(const Dataset& data, std::size_t column) {
  const auto cells = data.x.as<double>();
  const auto width = static_cast<std::size_t>(data.x.row_elements());
  std::vector<double> out;
  for (std::size_t i = column; i < cells.size(); i += width)
    if (!std::isnan(cells[i])) out.push_back(cells[i]);
  return out;
}

ColumnEncoding learn(const TableColumn& column, const Table& table, std::vector<double> present, std::size_t rows) {
  ColumnEncoding out{.name = column.name};
  const bool fills = table.missing != "drop" && table.missing != "error";
  if (column.words.empty()) {
    if (fills) out.fill = fill_of(table.missing, present);
    if (table.scale == "none") return out;
    if (fills) present.resize(rows, out.fill);  // scaled as the network sees them
    out.scale = scale_of(SpecConvert<FeatureScaling>::from(SpecValue::word(table.scale)), std::move(present));
    return out;
  }
  const double most = fill_of("most_frequent", present);
  std::sort(present.begin(), present.end());
  present.erase(std::unique(present.begin(), present.end()), present.end());
  for (const double place : present) out.categories.push_back(column.words[static_cast<std::size_t>(place)]);
  if (fills) out.fill = static_cast<double>(std::lower_bound(present.begin(), present.end(), most) - present.begin());
  return out;
}

[[noreturn]] void fail(const Dataset& data, std::string what, std::string expected = {}, std::string got = {}) {
  throw Error({.category = Category::data,
               .where = data.name.empty() ? "the table" : data.name,
               .what = std::move(what),
               .expected = std::move(expected),
               .got = std::move(got)});
}

std::size_t column_of(const Dataset& data, const std::string& name) {
  const auto& columns = data.table->columns;
  std::string names;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].name == name) return c;
    names += (c > 0 ? ", " : "") + columns[c].name;
  }
  fail(data, "has no column '" + name + "', from which the model has learned", "'" + name + "'", names);
}

/// A table's cells as an encoding's: the words of this table are others, or stand at other places.
class CellReader {
 public:
  CellReader(const Dataset& data, const ColumnEncoding& to) : data_(data), to_(to), column_(column_of(data, to.name)) {
    const auto& words = data.table->columns[column_].words;
    if (to.categories.empty() && !words.empty())
      fail(data, "column '" + to.name + "' holds words", "numbers, as in the table that the model has learned from", words.front());
    for (const auto& word : words) places_.push_back(place_of(word));
  }

  /// The number, or the category's place; -1 for a word that was not learned.
  double operator()(std::size_t row) const {
    const double cell = data_.x.as<double>()[row * static_cast<std::size_t>(data_.x.row_elements()) + column_];
    if (std::isnan(cell)) {
      if (!std::isnan(to_.fill)) return to_.fill;
      fail(data_, "row " + std::to_string(row) + ": the cell of column '" + to_.name + "' is empty", "a value",
           "nothing that could be filled in: missing=drop or error");
    }
    if (to_.categories.empty()) return cell;
    return places_.empty() ? place_of(fmt::format("{}", cell)) : places_[static_cast<std::size_t>(cell)];
  }

 private:
  double place_of(const std::string& word) const {
    const auto at = std::lower_bound(to_.categories.begin(), to_.categories.end(), word);
    return at != to_.categories.end() && *at == word ? static_cast<double>(at - to_.categories.begin()) : -1;
  }
  const Dataset& data_;
  const ColumnEncoding& to_;
  std::size_t column_;
  std::vector<double> places_;  ///< of this table's words
};

/// Ids by the classes that were learned; where the label was a number, ids are numbers again.
Array labels_by(const TableEncoder& encoder, const Dataset& data) {
  const LabelKind kind = data.labels();
  if (kind == LabelKind::none || data.class_names == encoder.classes) return data.y;
  if (kind != LabelKind::ids)
    fail(data, "its labels are numbers", "one of " + std::to_string(encoder.classes.size()) + " classes", "column '" + encoder.label + "'");
  if (encoder.classes.empty()) {
    Array out({data.size(), 1}, DType::f32);
    for (std::size_t i = 0; i < out.count(); ++i)
      out.as<float>()[i] = std::strtof(data.class_name(data.y.as<std::int32_t>()[i]).c_str(), nullptr);
    return out;
  }
  std::vector<std::int32_t> ids;
  for (const auto& name : data.class_names) {
    const auto at = std::find(encoder.classes.begin(), encoder.classes.end(), name);
    if (at == encoder.classes.end())
      fail(data, "label '" + name + "' is none that the model has learned", fmt::format("{}", fmt::join(encoder.classes, ", ")), name);
    ids.push_back(static_cast<std::int32_t>(at - encoder.classes.begin()));
  }
  Array out = data.y;
  for (auto& id : out.as<std::int32_t>()) id = ids.at(static_cast<std::size_t>(id));
  return out;
}

std::size_t width_of(const ColumnEncoding& column, const std::string& encode) {
  return column.categories.empty() || encode == "ordinal" ? 1 : column.categories.size();
}

JsonValue json_of(const ColumnEncoding& c) {
  JsonValue out = JsonValue::object({{"name", c.name}});
  if (c.categories.empty()) {
    out["center"] = c.scale.center;
    out["scale"] = c.scale.scale;
  } else {
    out["categories"] = c.categories;
  }
  out["fill"] = c.fill;
  return out;
}

}  // namespace

TableEncoder fit_table(const Dataset& train) {
  if (train.size() < 1) fail(train, "the training part holds no rows");
  const Table& table = *train.table;
  TableEncoder out{.encode = table.encode, .label = table.label, .classes = train.class_names};
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (auto present = present_cells(train, c); !present.empty())
      out.columns.push_back(learn(table.columns[c], table, std::move(present), static_cast<std::size_t>(train.size())));
  if (out.columns.empty()) fail(train, "no column of the training part holds anything");
  return out;
}

std::int64_t TableEncoder::features() const {
  std::size_t sum = 0;
  for (const auto& column : columns) sum += width_of(column, encode);
  return static_cast<std::int64_t>(sum);
}

Dataset TableEncoder::apply(const Dataset& data) const {
  const auto rows = static_cast<std::size_t>(data.size()), width = static_cast<std::size_t>(features());
  Dataset out{.x = Array({data.size(), features()}, DType::f32),
              .sample_weights = data.sample_weights,
              .class_names = classes,
              .files = data.files,
              .name = data.name};
  const auto x = out.x.as<float>();
  std::size_t at = 0;
  for (const ColumnEncoding& column : columns) {
    const CellReader cell(data, column);
    const std::size_t wide = width_of(column, encode);
    const bool marks = !column.categories.empty() && encode != "ordinal";
    for (std::size_t row = 0; row < rows; ++row) {
      const double value = cell(row);
      if (marks && value >= 0)
        x[row * width + at + static_cast<std::size_t>(value)] = 1;
      else if (!marks)
        x[row * width + at] = static_cast<float>((value - column.scale.center) / column.scale.scale);
    }
    at += wide;
  }
  out.y = labels_by(*this, data);
  return out;
}

std::string TableEncoder::json() const {
  JsonValue list = JsonValue::array();
  for (const auto& column : columns) list.push_back(json_of(column));
  return JsonValue::object({{"encode", encode}, {"label", label}, {"classes", classes}, {"columns", list}}).text(2) + "\n";
}

TableEncoder TableEncoder::parse(const std::string& json, const std::string& file) {
  const JsonValue value = JsonValue::parse(json, file);
  const auto refuse = [&](const std::string& expected, const std::string& got) {
    throw Error({.category = Category::data, .where = file, .what = "is no table's encoding", .expected = expected, .got = got});
  };
  const auto words = [](const JsonValue& list) {
    std::vector<std::string> out;
    for (const auto& word : list.elements()) out.push_back(word.string());
    return out;
  };
  TableEncoder out{.encode = value.at("encode").string(), .label = value.at("label").string(), .classes = words(value.at("classes"))};
  if (out.encode != "onehot" && out.encode != "ordinal") refuse("encode of onehot or ordinal", out.encode);
  for (const auto& item : value.at("columns").elements()) {
    ColumnEncoding column{.name = item.at("name").string(), .fill = item.at("fill").number()};
    if (const JsonValue* categories = item.find("categories")) {
      column.categories = words(*categories);
      const bool place = std::isnan(column.fill) || (column.fill >= 0 && column.fill < static_cast<double>(column.categories.size()));
      if (column.categories.empty() || !std::is_sorted(column.categories.begin(), column.categories.end()) || !place)
        refuse("sorted categories, and one of them to fill in", column.name);
    } else {
      column.scale = {item.at("center").number(), item.at("scale").number()};
      if (!std::isfinite(column.scale.center) || !std::isfinite(column.scale.scale) || column.scale.scale <= 0)
        refuse("a center, and a scale above 0", column.name);
    }
    out.columns.push_back(std::move(column));
  }
  if (out.columns.empty()) refuse("at least one column", "none");
  return out;
}

}  // namespace lehr
