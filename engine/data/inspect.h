// inspect.h: what `lehr data inspect` prints about a set, as figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

struct SampleLine {
  std::string file = {};
  std::int64_t label = -1;
  std::string name = {};
};

struct WeightRange {
  double min = 0, max = 0, mean = 0;
};

struct PartReport {
  std::string part = {};  ///< "Train"
  Shape x_shape = {}, y_shape = {};
  DType x_dtype = DType::u8, y_dtype = DType::i32;
  LabelKind labels = LabelKind::none;
  Statistics statistics = {};
  std::vector<std::int64_t> class_counts = {};
  ClassShare largest = {};
  std::optional<WeightRange> sample_weights = {};
  SampleLine first = {}, last = {};
};

struct Duplicate {
  std::string part_a = {}, part_b = {};
  std::int64_t row_a = 0, row_b = 0;
  std::string file_a = {}, file_b = {};
  bool same_label = true;
};

struct DataReport {
  std::string source = {};
  std::vector<std::string> class_names = {};
  std::vector<PartReport> parts = {};
  std::vector<Duplicate> duplicates = {};  ///< equal pixels, in two parts or within one; at most 1,000 are listed
  std::int64_t duplicate_count = 0, across_parts = 0;
};

DataReport inspect(const DataSplits& data);

}  // namespace lehr
