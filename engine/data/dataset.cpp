#include "engine/data/dataset.h"

#include <algorithm>
#include <cmath>

#include "kernels/error.h"

namespace lehr {

namespace {

/// A view of another source's rows in another order.
class SelectedRows final : public RowSource {
 public:
  SelectedRows(std::shared_ptr<const RowSource> all, std::span<const std::int64_t> rows)
      : all_(std::move(all)), rows_(rows.begin(), rows.end()) {}
  std::int64_t rows() const override { return static_cast<std::int64_t>(rows_.size()); }
  Shape sample_shape() const override { return all_->sample_shape(); }
  DType dtype() const override { return all_->dtype(); }
  void read(std::int64_t row, std::span<std::byte> out) const override { all_->read(rows_.at(static_cast<std::size_t>(row)), out); }
  std::string describe(std::int64_t row) const override { return all_->describe(rows_.at(static_cast<std::size_t>(row))); }

 private:
  std::shared_ptr<const RowSource> all_;
  std::vector<std::int64_t> rows_;
};

bool is_one_hot(const Array& y) {
  const auto columns = static_cast<std::size_t>(y.row_elements());
  const auto values = y.as<float>();
  for (std::size_t row = 0; row < static_cast<std::size_t>(y.rows()); ++row) {
    float sum = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const float value = values[row * columns + c];
      if (value != 0.0F && value != 1.0F) return false;
      sum += value;
    }
    if (sum != 1.0F) return false;
  }
  return true;
}

}  // namespace

std::int64_t Dataset::size() const { return streamed ? streamed->rows() : x.rows(); }
Shape Dataset::sample_shape() const {
  return streamed ? streamed->sample_shape() : x.shape().rank() == 0 ? Shape{} : x.shape().without_batch();
}
DType Dataset::x_dtype() const { return streamed ? streamed->dtype() : x.dtype(); }
bool Dataset::is_images() const { return x_dtype() == DType::u8 && sample_shape().rank() == 3; }

LabelKind Dataset::labels() const {
  if (y.shape().rank() == 0) return LabelKind::none;
  if (y.dtype() == DType::i32) return LabelKind::ids;
  return y.shape().rank() == 2 && y.shape()[1] >= 2 && y.rows() > 0 && is_one_hot(y) ? LabelKind::one_hot : LabelKind::values;
}

std::int64_t Dataset::classes() const {
  const auto named = static_cast<std::int64_t>(class_names.size());
  switch (labels()) {
    case LabelKind::ids: {
      const auto ids = y.as<std::int32_t>();
      return std::max(named, ids.empty() ? 0 : std::int64_t{*std::max_element(ids.begin(), ids.end())} + 1);
    }
    case LabelKind::one_hot:
      return y.shape()[1];
    default:
      return 0;
  }
}

std::vector<std::int32_t> Dataset::label_ids() const {
  const LabelKind kind = labels();
  if (kind == LabelKind::ids) {
    const auto ids = y.as<std::int32_t>();
    return {ids.begin(), ids.end()};
  }
  if (kind != LabelKind::one_hot)
    throw Error({.category = Category::data,
                 .where = name,
                 .what = kind == LabelKind::none ? "has no labels" : "its labels are numbers, not classes",
                 .expected = "ids or one-hot rows"});
  const auto columns = static_cast<std::size_t>(y.shape()[1]);
  const auto values = y.as<float>();
  std::vector<std::int32_t> out;
  for (std::size_t row = 0; row < static_cast<std::size_t>(y.rows()); ++row) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    out.push_back(static_cast<std::int32_t>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(columns)) - begin));
  }
  return out;
}

std::string Dataset::class_name(std::int64_t id) const {
  return id >= 0 && id < static_cast<std::int64_t>(class_names.size()) ? class_names[static_cast<std::size_t>(id)] : std::to_string(id);
}

Dataset Dataset::rows(std::int64_t begin, std::int64_t end) const {
  std::vector<std::int64_t> indices;
  for (std::int64_t row = begin; row < end; ++row) indices.push_back(row);
  return take(indices);
}

Dataset Dataset::take(std::span<const std::int64_t> indices) const {
  for (const std::int64_t row : indices)
    if (row < 0 || row >= size())
      throw Error({.category = Category::usage,
                   .where = name,
                   .what = "no such row",
                   .expected = "0 to " + std::to_string(size() - 1),
                   .got = std::to_string(row)});
  Dataset out{.class_names = class_names, .name = name, .table = table};
  if (streamed)
    out.streamed = std::make_shared<SelectedRows>(streamed, indices);
  else
    out.x = x.take(indices);
  if (y.shape().rank() > 0) out.y = y.take(indices);
  if (!sample_weights.empty()) out.sample_weights = sample_weights.take(indices);
  if (!files.empty())
    for (const std::int64_t row : indices) out.files.push_back(files[static_cast<std::size_t>(row)]);
  return out;
}

const Dataset& DataSplits::any() const {
  for (const auto* part : {&train, &validation, &test})
    if (*part) return **part;
  throw Error({.category = Category::data, .where = source, .what = "holds no samples"});
}

std::vector<std::int64_t> class_counts(const Dataset& data) {
  const LabelKind kind = data.labels();
  if (kind == LabelKind::none || kind == LabelKind::values) return {};
  std::vector<std::int64_t> counts(static_cast<std::size_t>(data.classes()));
  for (const std::int32_t id : data.label_ids())
    if (id >= 0) ++counts[static_cast<std::size_t>(id)];
  return counts;
}

ClassShare largest_class(const Dataset& data) {
  const auto counts = class_counts(data);
  if (counts.empty()) return {};
  const auto most = std::max_element(counts.begin(), counts.end());
  return {.id = most - counts.begin(),
          .count = *most,
          .share = static_cast<double>(*most) / static_cast<double>(std::max<std::int64_t>(data.size(), 1))};
}

double class_entropy(const Dataset& data) {
  double total = 0, sum = 0;
  const auto counts = class_counts(data);
  for (const auto c : counts) total += static_cast<double>(c);
  for (const auto c : counts)
    if (c > 0) sum -= static_cast<double>(c) / total * std::log(static_cast<double>(c) / total);
  return sum;
}

}  // namespace lehr
