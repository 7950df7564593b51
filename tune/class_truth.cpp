#include "tune/class_truth.h"

#include <algorithm>
#include <utility>

namespace lehr {

ClassTruth ClassTruth::in_order(std::span<const std::int32_t> order, std::size_t count) const {
  ClassTruth out;
  out.columns_ = columns_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = order.empty() ? i : static_cast<std::size_t>(order[i]);
    if (several())
      out.yes_.insert(out.yes_.end(), yes_.begin() + static_cast<std::ptrdiff_t>(row * columns_),
                      yes_.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns_));
    else
      out.ids_.push_back(ids_[row]);
    if (!weights_.empty()) out.weights_.push_back(weights_[row]);
  }
  return out;
}

ClassTruth ClassTruth::weighted(std::span<const float> weights) && {
  weights_.assign(weights.begin(), weights.end());
  return std::move(*this);
}

namespace {

ClassTruth truth_of_labels(const Dataset& data) {
  if (data.labels() == LabelKind::ids || data.labels() == LabelKind::one_hot) return data.label_ids();
  if (data.labels() == LabelKind::values) {
    const auto values = data.y.as_f32();
    const auto y = std::as_const(values).as<float>();
    if (std::all_of(y.begin(), y.end(), [](float v) { return v == 0 || v == 1; })) {
      if (data.y.row_elements() == 1) return std::vector<std::int32_t>(y.begin(), y.end());
      return {std::vector<std::uint8_t>(y.begin(), y.end()), static_cast<std::size_t>(data.y.row_elements())};
    }
  }
  throw Error({.category = Category::usage,
               .where = "--metrics",
               .what = "precision, recall, specificity, F-scores and AUC are about classes",
               .expected = "class ids, one-hot rows, or columns of 0 and 1",
               .got = data.labels() == LabelKind::none ? "no labels" : "labels " + data.y.shape().text()});
}

}  // namespace

ClassTruth class_truth(const Dataset& data, const Array& sample_weights) {
  ClassTruth truth = truth_of_labels(data);
  return sample_weights.empty() ? truth : std::move(truth).weighted(sample_weights.as<float>());
}

}  // namespace lehr
