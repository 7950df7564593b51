// auto_space.h: which search space `lehr auto` chooses for which data, and why.
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "tune/space/search_spec.h"

namespace lehr {

/// What the choice depends on.
struct DataFacts {
  Shape sample = {};  ///< (28, 28, 1)
  std::int64_t rows = 0;
  LabelKind labels = LabelKind::ids;
  std::int64_t outputs = 0;     ///< classes, or columns of values
  bool bytes = false;           ///< uint8, as images are
  bool pretrained_vgg = false;  ///< its weights are on this machine
};
DataFacts facts_of(const Dataset& data);

struct AutoSpace {
  std::vector<Setting> settings = {};  ///< flags of fit with searched values
  std::string objective = {};
  std::vector<std::string> reasons = {};  ///< a line each, for people
};
/// Rows of numbers: one to three dense layers. Images: an MLP, the lecture's kind of convolutional network or a small VGG, as one choice, as deep as
/// the image's size allows; VGG-16 with a new head where its weights are there and images are large enough. Error{data} where there are no labels.
AutoSpace auto_space(const DataFacts& facts);

}  // namespace lehr
