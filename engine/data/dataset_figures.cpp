#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/data/dataset.h"
#include "engine/data/row_hash.h"
#include "engine/data/table.h"
#include "kernels/error.h"

namespace lehr {

namespace {

/// Sums of a chunk first, then of chunks: the mean of 10^9 bytes stays exact to 15 digits.
struct Sums {
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity(), sum = 0;
  std::int64_t nans = 0;
  void add(const Array& array) {
    switch (array.dtype()) {
      case DType::u8:
        return add(array.as<std::uint8_t>());
      case DType::i32:
        return add(array.as<std::int32_t>());
      case DType::f64:
        return add(array.as<double>());
      default:
        return add(array.as_f32().as<float>());
    }
  }
  template <class T>
  void add(std::span<T> values) {
    double part = 0;
    for (const auto value : values) {
      const auto v = static_cast<double>(value);
      if (v != v) {  // a table's empty cell
        ++nans;
        continue;
      }
      min = std::min(min, v);
      max = std::max(max, v);
      part += v;
    }
    sum += part;
  }
};

Array sample_of(const Dataset& data, std::int64_t row) {
  Array out(data.sample_shape().with_batch(1), data.x_dtype());
  data.streamed->read(row, {out.data(), out.bytes()});
  return out;
}

std::string place(const Dataset& data, std::int64_t row) {
  std::string where = data.name.empty() ? "data" : data.name;
  where += ", row " + std::to_string(row);
  if (row < static_cast<std::int64_t>(data.files.size())) where += " (" + data.files[static_cast<std::size_t>(row)] + ")";
  return where;
}

void check_no_nan(const Dataset& data, const Array& array, const std::string& what) {
  if (array.dtype() != DType::f32) return;
  const auto values = array.as<float>();
  const auto bad = std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad == values.end()) return;
  const auto row = (bad - values.begin()) / std::max<std::int64_t>(array.row_elements(), 1);
  const auto width = static_cast<std::size_t>(array.row_elements());
  check_finite(values.subspan(static_cast<std::size_t>(row) * width, width), what, place(data, row));
}

void check_ids(const Dataset& data) {
  const auto ids = data.y.as<std::int32_t>();
  const auto named = static_cast<std::int64_t>(data.class_names.size());
  for (std::size_t row = 0; row < ids.size(); ++row)
    if (ids[row] < 0 || (named > 0 && ids[row] >= named))
      throw Error({.category = Category::data,
                   .where = place(data, static_cast<std::int64_t>(row)),
                   .what = "its label is out of range",
                   .expected = named > 0 ? "a class id of 0 to " + std::to_string(named - 1) : "a class id of 0 or more",
                   .got = std::to_string(ids[row])});
}

}  // namespace

void check_finite(std::span<const float> row, const std::string& what, const std::string& place) {
  const auto bad = std::find_if(row.begin(), row.end(), [](float v) { return !std::isfinite(v); });
  if (bad == row.end()) return;
  throw Error(
      {.category = Category::data,
       .where = place,
       .what = what + " holds " + (std::isnan(*bad) ? "NaN" : "an infinite number") + " at element " + std::to_string(bad - row.begin()),
       .expected = "finite numbers",
       .hint = "Training on it would make every weight NaN; drop or fill such rows first."});
}

Statistics statistics(const Dataset& data) {
  Sums sums;
  if (data.streamed)
    for (std::int64_t row = 0; row < data.size(); ++row) sums.add(sample_of(data, row));
  else
    for (std::int64_t row = 0; row < data.size(); ++row) {
      if (data.x.dtype() == DType::u8) {
        const auto n = static_cast<std::size_t>(data.x.row_elements());
        sums.add(data.x.as<std::uint8_t>().subspan(static_cast<std::size_t>(row) * n, n));
      } else {
        sums.add(data.x.rows(row, row + 1));
      }
    }
  const auto elements = static_cast<std::size_t>(data.size() * data.sample_shape().elements());
  if (elements == 0) return {};
  Statistics out{.min = sums.min, .max = sums.max, .mean = sums.sum / static_cast<double>(elements - static_cast<std::size_t>(sums.nans))};
  out.min_255 = out.min / 255;
  out.max_255 = out.max / 255;
  out.mean_255 = out.mean / 255;
  out.bytes_u8 = elements;
  out.bytes_f32 = elements * 4;
  out.bytes_f64 = elements * 8;
  return out;
}

std::uint64_t content_hash(const Dataset& data) {
  ContentHash hash;
  if (data.streamed) {
    hash.add(data.sample_shape().with_batch(data.size()).text());
    for (std::int64_t row = 0; row < data.size(); ++row) hash.add(data.streamed->describe(row));
  } else {
    hash.add(data.x);
  }
  if (data.table != nullptr)
    for (const auto& column : data.table->columns) {
      hash.add(column.name);
      for (const auto& word : column.words) hash.add(word);
    }
  hash.add(data.y);
  if (!data.sample_weights.empty()) hash.add(data.sample_weights);
  return hash.value();
}

namespace {

void check_sample_weights(const Dataset& data, const std::string& where) {
  if (data.sample_weights.empty()) return;
  const auto fail = [&](const std::string& place, std::string what, std::string expected, std::string got) {
    throw Error({.category = Category::data,
                 .where = where + place,
                 .what = std::move(what),
                 .expected = std::move(expected),
                 .got = std::move(got)});
  };
  const auto weights = data.sample_weights.as<float>();
  if (std::ssize(weights) != data.size())
    fail("", "samples and sample weights differ in number", std::to_string(data.size()) + " weights", std::to_string(weights.size()));
  double sum = 0;
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (!(weights[row] >= 0) || std::isinf(weights[row]))
      fail(", row " + std::to_string(row), "the sample weight is out of range", "a number of 0 or more", std::to_string(weights[row]));
    sum += static_cast<double>(weights[row]);
  }
  if (sum == 0) fail("", "every sample weight is 0: nothing counts", "a sum above 0", "0");
}

}  // namespace

void check_dataset(const Dataset& data) {
  const std::string where = data.name.empty() ? "data" : data.name;
  const LabelKind kind = data.labels();
  if (data.size() == 0) throw Error({.category = Category::data, .where = where, .what = "holds no samples"});
  if (kind != LabelKind::none && data.y.rows() != data.size())
    throw Error({.category = Category::data,
                 .where = where,
                 .what = "samples and labels differ in number",
                 .expected = std::to_string(data.size()) + " labels",
                 .got = std::to_string(data.y.rows())});
  if (data.sample_shape().rank() > 0 && data.sample_shape().elements() == 0)
    throw Error(
        {.category = Category::data, .where = where, .what = "its samples are empty", .got = "shape " + data.sample_shape().text()});
  check_sample_weights(data, where);
  if (kind == LabelKind::ids) check_ids(data);
  if (kind == LabelKind::values || kind == LabelKind::one_hot) check_no_nan(data, data.y, "the label");
  if (!data.streamed) check_no_nan(data, data.x, "the sample");
}

}  // namespace lehr
