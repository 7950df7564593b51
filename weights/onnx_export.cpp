// A network's layers as ONNX operators, told by their Keras configs.
#include <map>
#include <optional>

#include "engine/json.h"
#include "layers/keras_config.h"
#include "weights/network_weights.h"
#include "weights/onnx_layers.h"
#include "weights/onnx_model.h"

namespace lehr {

namespace {

class Exporter {
 public:
  explicit Exporter(TensorFile tensors)
      : network_(network_from_keras_config(JsonValue::parse(tensors.model_config, tensors.source), tensors.source)) {
    if (!network_.input_shape())
      throw Error({.category = Category::usage, .where = tensors.source, .what = "the model does not say the shape of its input"});
    built_.emplace(network_, *network_.input_shape());
    match_ = match_weights(std::move(tensors), *built_, Matching::whole);
    for (const auto& weight : match_.weights) weights_[weight.state] = &weight.values;
  }

  OnnxGraph write() {
    OnnxLayers layers(b_);
    b_.graph.name = network_.name();
    std::vector<OnnxView> views(network_.size() + 1);
    views[0].last = "input";
    b_.graph.inputs.push_back({.name = "input", .shape = with_batch(built_->input())});
    std::map<std::size_t, std::string> names;  // of weights, by their indices in a State: a layer used again has those of its first use
    for (std::size_t i = 0; i < network_.size(); ++i) {
      const auto& layer = built_->layers()[i];
      const JsonValue json = keras_layer_config(network_.entries()[i].layer, layer.name);
      OnnxSource s{.name = layer.name,
                   .class_name = json.at("class_name").string(),
                   .config = json.at("config"),
                   .spec = network_.entries()[i].layer,
                   .weights = {},
                   .inputs = {},
                   .shapes = {},
                   .output = layer.output};
      for (const auto node : layer.inputs) {
        s.inputs.push_back(&views[node]);
        s.shapes.push_back(built_->shape_of(node));
      }
      for (std::size_t k = 0; k < layer.weights.size(); ++k) names[layer.state[k]] = layer.weights[k].name;
      for (const std::size_t index : layer.state) s.weights[names.at(index)] = weights_.at(index);
      views[i + 1] = layers.layer_of(s);
    }
    const std::string output = b_.last(views.back());
    b_.graph.nodes.push_back({.op = "Identity", .name = "output", .inputs = {output}, .outputs = {"output"}});
    b_.graph.outputs.push_back({.name = "output", .shape = with_batch(built_->output())});
    return std::move(b_.graph);
  }

 private:
  static OnnxExtents with_batch(const Shape& shape) {
    OnnxExtents out{-1};
    for (const auto extent : shape.extents()) out.push_back(extent);
    return out;
  }

  Network network_;
  std::optional<BuiltNetwork> built_;
  Match match_;
  std::map<std::size_t, const Array*> weights_;  ///< by their indices in a State
  OnnxBuilder b_;
};

}  // namespace

OnnxGraph to_onnx(TensorFile tensors) {
  if (tensors.model_config.empty())
    throw Error({.category = Category::usage,
                 .where = tensors.source,
                 .what = "an ONNX file holds the network as well, and these weights come without one",
                 .hint = "Name it with --model."});
  return Exporter(std::move(tensors)).write();
}

}  // namespace lehr
