#include "weights/convert.h"

#include "engine/json.h"
#include "layers/keras_config.h"
#include "weights/network_weights.h"

namespace lehr {

namespace {

/// The file's numbers under the network's names, paths and classes; the optimizer's state goes along.
TensorFile renamed(TensorFile file, const BuiltNetwork& network, bool whole, std::string& how) {
  TensorFile out{.ordered = true, .optimizer = std::move(file.optimizer), .keras_version = file.keras_version};
  if (whole) out.model_config = keras_config(network.network(), network.input()).text();
  out.compile_config = std::move(file.compile_config);
  const std::string source = file.source;
  Match match = match_weights(std::move(file), network, Matching::whole);
  how = ", " + match_text(match, source);
  for (const auto& layer : network_layers(network)) {
    WeightLayer ours{.name = layer.name, .path = layer.path, .class_name = layer.class_name};
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
      for (auto& weight : match.weights)
        if (weight.state == layer.state[i]) ours.weights.push_back({.name = layer.weights[i].name, .values = std::move(weight.values)});
    out.layers.push_back(std::move(ours));
  }
  return out;
}

}  // namespace

std::string convert_weights(const std::string& from, const std::string& to, const std::optional<BuiltNetwork>& network) {
  const WeightFormat format = format_of_name(to);
  TensorFile file = read_tensor_file(from);
  const WeightFormat given = file.format;
  std::string how;
  if (network) file = renamed(std::move(file), *network, format == WeightFormat::keras || format == WeightFormat::onnx, how);
  const std::size_t count = file.weight_count();
  write_tensor_file(to, std::move(file));
  return std::to_string(count) + " weights, " + std::string(name_of(given)) + " -> " + std::string(name_of(format)) + how;
}

}  // namespace lehr
