// convert.h: a weight file in another format.
#pragma once

#include <optional>
#include <string>

#include "layers/network.h"

namespace lehr {

/// The same layers and bits in the format of `to`'s name. With a network the weights are matched to it first and take its names, so that a file
/// that only counts becomes one that names; .keras and .onnx need one, unless `from` is a model itself, and so does Keras's HDF5 where `from` does
/// not tell where the weights belong (npz, models inside models). Returns a line for people.
std::string convert_weights(const std::string& from, const std::string& to, const std::optional<BuiltNetwork>& network = {});

}  // namespace lehr
