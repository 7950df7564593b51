// keras_config.h: a network as Keras's config JSON, both ways: Sequential, Functional, nested models, layers used again, keras.ops nodes.
//   read   Keras 3's `args`/`kwargs` nodes, Keras 2's lists of nodes with TFOpLambda, Keras 1's plain lists of layers
//   write  what Keras 3.15 writes, so that keras.models.load_model takes it
// One input and one output. What lehr cannot do is refused by the layer's name and class, with the list of what there is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json.h"
#include "layers/network.h"

namespace lehr {

/// `model`: {"class_name": "Functional", "config": {...}} as in config.json or an HDF5 file's model_config. `what` names the file in errors,
/// which are Error{data}. The network has the input's shape where the config tells it whole.
Network network_from_keras_config(const JsonValue& model, std::string_view what = "config.json");

/// The whole of config.json but compile_config. Throws Error{usage} where a layer has no form in Keras.
JsonValue keras_config(const Network& network, const Shape& input);

/// How Keras sees the network: the layers of each model in its own order, which is that of paths in a `.weights.h5` file.
struct KerasLayer {
  std::string name = {}, class_name = {};
  std::optional<std::size_t> entry = {};  ///< of the network; none: an InputLayer, or a model inside
  std::vector<KerasLayer> layers = {};    ///< of a model inside
  std::optional<std::size_t> group = {};  ///< of the network: the model inside
};
/// The network itself, its InputLayer first (Sequential models hold theirs outside of `layers`, as Keras does).
KerasLayer keras_layers(const Network& network);

/// Precisions of its layers other than float32 ("mixed_float16"), each once: reading leaves them aside.
std::vector<std::string> keras_policies(const JsonValue& model);

// ---- one layer -------------------------------------------------------------------------------------------------------------------------
/// From {"class_name", "config"}; `what` as above.
LayerSpec layer_from_keras_config(const JsonValue& layer, std::string_view what);
/// {"module", "class_name", "config", "registered_name"}; the config has `name`, whatever the layer's own.
JsonValue keras_layer_config(const LayerSpec& layer, const std::string& name);

}  // namespace lehr
