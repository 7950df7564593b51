// class_truth.h: what is true of each row of a set: one class, or of every class yes or no; and how much the row counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

class ClassTruth {
 public:
  ClassTruth() = default;
  ClassTruth(std::vector<std::int32_t> ids) : ids_(std::move(ids)) {}  // NOLINT(google-explicit-constructor)
  ClassTruth(std::vector<std::uint8_t> yes, std::size_t columns) : yes_(std::move(yes)), columns_(columns) {}  ///< [rows, columns]

  std::size_t rows() const { return several() ? yes_.size() / columns_ : ids_.size(); }
  bool several() const { return columns_ > 0; }  ///< of every class yes or no, so that a row may have several, or none
  /// Of a network with one output the only column is class 1.
  bool is(std::size_t row, std::size_t column, bool one_output) const {
    if (several()) return yes_[row * columns_ + column] != 0;
    return ids_[row] == (one_output ? 1 : static_cast<std::int32_t>(column));
  }
  /// Where a row has one class: which.
  std::span<const std::int32_t> ids() const { return ids_; }
  /// Of weighted metrics.
  double weight(std::size_t row) const { return weights_.empty() ? 1 : static_cast<double>(weights_[row]); }
  ClassTruth weighted(std::span<const float> weights) &&;  ///< a number a row; none: 1 each
  /// The first `count` rows in that order; an empty order is their own.
  ClassTruth in_order(std::span<const std::int32_t> order, std::size_t count) const;

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::uint8_t> yes_;
  std::size_t columns_ = 0;
  std::vector<float> weights_;
};

/// Of ids, one-hot rows, a column of 0 and 1, or a table of 0 and 1. Error{usage} of anything else. sample_weights: float32 [n], or empty.
ClassTruth class_truth(const Dataset& data, const Array& sample_weights);
/// With the set's own.
inline ClassTruth class_truth(const Dataset& data) { return class_truth(data, data.sample_weights); }

}  // namespace lehr
