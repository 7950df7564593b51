// keras_json.h: what the configuration of a Keras model says about its weights: which layers there are and where Keras 3 keeps them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json.h"

namespace lehr {

struct VariablePath {
  std::string path;        ///< "layers/sequential/layers/conv2d"
  std::string name;        ///< the layer's own
  std::string class_name;  ///< "Conv2D"
};

/// Counts a container's layers by class, as Keras 3 does: conv2d, conv2d_1, ...
class PathCounter {
 public:
  explicit PathCounter(std::string container) : container_(std::move(container)) {}
  std::string next(std::string_view class_name);

 private:
  std::string container_;
  std::map<std::string, int> counts_;
};

/// Layers of a model's config (Sequential, Functional, nested) in the model's order; containers themselves are left out.
std::vector<VariablePath> variable_paths(const JsonValue& model);

}  // namespace lehr
