// onnx_layers.h: one layer of Keras as ONNX operators, told by its config.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/json.h"
#include "engine/shape.h"
#include "layers/network.h"
#include "layers/operation.h"
#include "weights/onnx_builder.h"

namespace lehr {

using OnnxExtents = std::vector<std::int64_t>;
using OnnxWeights = std::map<std::string, const Array*>;

/// What a layer is exported from: its class, config and weights, its inputs and their shapes.
struct OnnxSource {
  std::string name, class_name;
  JsonValue config;
  const LayerSpec& spec;
  OnnxWeights weights;
  std::vector<OnnxView*> inputs;
  std::vector<Shape> shapes;  ///< of a sample
  Shape output;

  const JsonValue& at(const char* key) const { return config.at(key); }
  const Array* weight(const char* key) const {
    const auto found = weights.find(key);
    return found == weights.end() ? nullptr : found->second;
  }
  std::string text(const char* key) const {
    const JsonValue* value = config.find(key);
    return value != nullptr && value->is_string() ? value->string() : "";
  }
  double number(const char* key, double otherwise) const {
    const JsonValue* value = config.find(key);
    return value != nullptr && value->is_number() ? value->number() : otherwise;
  }
};

class OnnxLayers {
 public:
  explicit OnnxLayers(OnnxBuilder& builder) : b_(builder) {}
  OnnxView layer_of(OnnxSource& s);

 private:
  OnnxView& in(OnnxSource& s, std::size_t i = 0) { return *s.inputs.at(i); }
  std::string constant(const OnnxSource& s, const char* name, const Array& values);
  OnnxView activated(const OnnxSource& s, OnnxView v, const std::string& function);
  OnnxView scaled(OnnxSource& s, const std::vector<float>& scale, const std::vector<float>& shift);
  struct Windows {
    OnnxExtents kernel, strides, dilations, pads;
  };
  static Windows windows(const OnnxSource& s, const OnnxExtents& kernel, const OnnxExtents& strides, const OnnxExtents& dilations);
  static Windows convolution_windows(const OnnxSource& s);
  OnnxView convolution(OnnxSource& s, const std::string& x, const Array& kernel, std::int64_t groups, const Windows& w, const Array* bias);
  static Array depthwise_kernel(const Array& k);
  OnnxView conv2d(OnnxSource& s);
  OnnxView depthwise(OnnxSource& s);
  OnnxView separable(OnnxSource& s);
  OnnxView transpose(OnnxSource& s);
  OnnxView pooling(OnnxSource& s, const char* op);
  OnnxView global_pooling(OnnxSource& s, const char* op);
  OnnxView cut(OnnxSource& s, const OnnxExtents& from, const OnnxExtents& to);
  OnnxView cropping(OnnxSource& s);
  OnnxView padding(OnnxSource& s);
  OnnxView resized(OnnxSource& s, std::string x);
  OnnxView resized_window(OnnxSource& s);
  OnnxView resizing(OnnxSource& s);
  OnnxView center_crop(OnnxSource& s);
  OnnxView dense(OnnxSource& s);
  static std::vector<float> floats(const Array* values, std::size_t count, float otherwise);
  OnnxView batch_normalization(OnnxSource& s);
  OnnxView layer_normalization(OnnxSource& s);
  OnnxView group_normalization(OnnxSource& s);
  static std::vector<float> numbers(const JsonValue& v);
  OnnxView rescaling(OnnxSource& s);
  OnnxView normalization(OnnxSource& s);
  OnnxView relu(OnnxSource& s);
  OnnxView prelu(OnnxSource& s);
  std::vector<std::string> together(OnnxSource& s, bool& first);
  OnnxView merged(OnnxSource& s, const char* op);
  OnnxView concatenated(OnnxSource& s);
  OnnxView operation(OnnxSource& s, const Operation& o);
  OnnxView layer_scale(OnnxSource& s);
  OnnxView custom_scale(OnnxSource& s);
  OnnxView reshaped(OnnxSource& s);
  OnnxView repeated(OnnxSource& s);
  OnnxView permuted(OnnxSource& s);
  OnnxView same(OnnxSource& s);
  [[noreturn]] void refuse(const OnnxSource& s) const;
  using Rule = OnnxView (*)(OnnxLayers&, OnnxSource&);
  static const std::map<std::string, Rule>& rules();

  OnnxBuilder& b_;
};

}  // namespace lehr
