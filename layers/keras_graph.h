// keras_graph.h: a network as the models of Keras hold it: which layers and inner models each has, in which order, and who takes whose output.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "layers/network.h"

namespace lehr {

/// A layer or a model inside, among the layers of one model, with its uses there (those of the model's first call).
struct KerasItem {
  std::size_t rank = 0;
  std::optional<std::size_t> entry = {};  ///< the first use of a layer
  std::size_t group = 0;                  ///< of a model inside
  struct Use {
    std::vector<std::size_t> inputs = {};  ///< nodes of the network
    std::size_t output = 0;
  };
  std::vector<Use> uses = {};
};

/// In Keras's order: of a Functional model by depth, which is the longest way to the output, and within a depth as they are met on the way
/// back from it (keras.src.ops.function.map_graph). The order decides paths in a `.weights.h5` file.
std::vector<KerasItem> keras_items(const Network& network, std::size_t group);

/// Of its InputLayer, and the node that feeds it in its first use.
std::string keras_input_name(const Network& network, std::size_t group);
std::size_t keras_input_node(const Network& network, std::size_t group);

/// True where every layer takes the one before it and is used once.
bool is_keras_chain(const Network& network, std::size_t group);
/// True where Keras holds the model as a Sequential: it was one, and still is a chain of layers.
bool is_keras_sequential(const Network& network, std::size_t group);

/// Where a node of the network comes from, as `group` sees it: ["conv2d", 0, 0] in a config.
struct KerasHistory {
  std::string layer;
  std::size_t node = 0;  ///< which use of the layer
};
std::map<std::size_t, KerasHistory> keras_histories(const Network& network, std::size_t group, const std::vector<std::string>& names);

/// The name that the config gives an entry.
std::string keras_name(const Network& network, std::size_t entry, const std::vector<std::string>& names);

}  // namespace lehr
