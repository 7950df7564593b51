// layer_rows.h: one row a layer of the catalogue, for the tests of catalogue_test.cpp. A layer without a row fails there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/shape.h"

namespace lehr::check {

struct Refusal {
  std::string network;
  Shape input;
  std::string word;  ///< of the message
};

struct LayerRow {
  std::string network;  ///< with the layer in it
  Shape input, output;
  std::int64_t weights = 0, trained = 0;  ///< numbers, not tensors
  std::string every_field;                ///< the layer with no field at its default
  std::vector<Refusal> refusals;
  bool gradient = true;
};

/// By class name.
const std::map<std::string, LayerRow>& layer_rows();

}  // namespace lehr::check
