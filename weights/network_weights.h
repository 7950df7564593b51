// network_weights.h: which tensor of a file is which weight of a network.
#pragma once

#include <string>
#include <vector>

#include "engine/state.h"
#include "layers/network.h"
#include "weights/tensor_file.h"

namespace lehr {

/// A layer as a weight file sees it. Layers without weights are listed too: Keras's files name them.
struct NetworkLayer {
  std::string name = {}, class_name = {};
  std::string path = {};  ///< Keras 3's, "layers/conv2d_1"
  std::vector<LayerWeight> weights = {};
  std::vector<std::size_t> state = {};  ///< indices in the State
};
std::vector<NetworkLayer> network_layers(const BuiltNetwork& network);

enum class Matching : std::uint8_t {
  whole,    ///< every weight of the network from the file and none left over: by path, by name, else by order
  by_name,  ///< the file's layers go to the network's of the same names; others of the network keep what they have
};

struct Assignment {
  std::size_t state = 0;  ///< index of the weight
  Array values = {};      ///< float32, of the weight's shape
};
struct Match {
  std::vector<Assignment> weights = {};
  std::string how = {};                ///< "by path", "by name", "by order"
  std::vector<std::string> kept = {};  ///< layers of the network that the file does not have
  std::string converted = {};          ///< what was done to the numbers; empty: nothing
};
/// Takes the arrays out of the file. Error{data} names file, place, layer, both shapes, and the transpose that would fit.
/// `only`: by name, these layers of the network and no others, each of them; what else the file holds is not looked at. Without it every layer
/// of the file must be in the network.
Match match_weights(TensorFile file, const BuiltNetwork& network, Matching matching, const std::vector<std::string>& only = {});

std::string match_text(const Match& match, const std::string& file);  ///< one line for people

/// The network's weights, in the order and under the names of its layers.
TensorFile tensor_file_of(const BuiltNetwork& network, const State& state);

}  // namespace lehr
