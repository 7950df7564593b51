// formats.h: the readers and writers behind tensor_file.h, one file each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "weights/hdf5_file.h"
#include "weights/tensor_file.h"

namespace lehr {

TensorFile tensors_of_hdf5(Hdf5Tree tree);  ///< of either kind, as its groups tell
TensorFile from_legacy_hdf5(Hdf5Tree tree);
Hdf5Tree to_legacy_hdf5(TensorFile tensors);

TensorFile from_variable_paths(Hdf5Tree tree);  ///< Keras 3's .weights.h5
Hdf5Tree to_variable_paths(TensorFile tensors);

TensorFile read_keras_archive(const std::string& file, bool with_weights);
void write_keras_archive(const std::string& file, TensorFile tensors);

TensorFile read_npz_weights(const std::string& file);
void write_npz_weights(const std::string& file, const TensorFile& tensors);

TensorFile read_safetensors(const std::string& file);
void write_safetensors(const std::string& file, const TensorFile& tensors);

}  // namespace lehr
