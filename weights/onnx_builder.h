// onnx_builder.h: an ONNX graph that grows node by node, and the two orders in which an image may stand in it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "weights/onnx_graph.h"

namespace lehr {

/// A network's value: names of its tensors. `first`: channels first, for images only; either may not be there yet.
struct OnnxView {
  std::string last = {}, first = {};
};

class OnnxBuilder {
 public:
  using Attributes = std::vector<std::pair<std::string, OnnxAttribute>>;

  /// Adds a node and names its output after `layer`.
  std::string node(const std::string& layer, const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});
  std::string floats(const std::string& name, const Array& values);
  std::string number(const std::string& layer, double value);
  std::string integers(const std::string& layer, const std::vector<std::int64_t>& values);

  const std::string& last(OnnxView& value);   ///< channels last, turned where it stands otherwise
  const std::string& first(OnnxView& value);  ///< channels first; of images

  /// f(name) in whichever order the value stands.
  template <class F>
  OnnxView each(OnnxView& value, const F& f) {
    return value.first.empty() ? OnnxView{.last = f(value.last)} : OnnxView{.first = f(value.first)};
  }

  OnnxGraph graph;

 private:
  std::string fresh(const std::string& name);
  std::set<std::string> used_{"input", "output"};
};

/// keras.activations by name. `channel_axis`: of softmax.
std::string onnx_activation(OnnxBuilder& b, const std::string& layer, const std::string& function, const std::string& x,
                            std::int64_t channel_axis);

}  // namespace lehr
