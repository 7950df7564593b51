// model_file.h: networks that lie in files: model.keras, the model.h5 of older Keras, and ONNX.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layers/network.h"
#include "weights/tensor_file.h"

namespace lehr {

/// Whether a name is that of a whole model: x.keras, x.h5, x.hdf5, x.onnx; not x.weights.h5.
bool is_model_file(std::string_view name);

/// The network without a number. Its weight source is the file. Error{data}: not there, damaged, or a layer that there is not here.
Network network_of_file(const std::string& file);

/// As network_from_text, with files among the layers: `model.keras`, `base.keras | dense(10, softmax)`.
Network network_with_files(std::string_view text);
/// The file where `text` is one and nothing else: its optimizer, loss and metrics are meant as well.
std::optional<std::string> whole_model(std::string_view text);

/// weights of the network and its config: what a .keras file holds.
TensorFile model_tensors(const BuiltNetwork& network, const State& state);

}  // namespace lehr
