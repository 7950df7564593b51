// tensor_file.h: a weight file of any format as layers with named tensors: what all readers give and all writers take.
//   model.h5            Keras 1, 2, 3 "legacy" HDF5: layer_names and weight_names as attributes; whole models too
//   x.weights.h5        Keras 3: one group a variable path, layers/conv2d_1/vars/0, optimizer included
//   model.keras         a zip of metadata.json, config.json and such a file
//   x.npz               NumPy: "layer/kernel", or arr_0, arr_1, ... in the order of model.get_weights()
//   x.onnx              a whole model as ONNX's operators (onnx_model.h)
//   x.safetensors       "layer.weight" in PyTorch's layout, or Keras's names in Keras's
// Tensors are in Keras's layout (HWIO kernels, [in, out] dense) whatever the file holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/array.h"

namespace lehr {

enum class WeightFormat : std::uint8_t { keras_h5, weights_h5, keras, npz, safetensors, onnx };
std::string_view name_of(WeightFormat format);

struct WeightTensor {
  std::string name = {};   ///< "kernel"; where the file only counts, what its class calls it, else the count
  std::string place = {};  ///< dataset, entry or offset in the file
  Array values = {};
};

struct WeightLayer {
  std::string name = {};        ///< "block1_conv1"
  std::string path = {};        ///< Keras 3's variable path, "layers/conv2d"; empty where the format has none
  std::string class_name = {};  ///< "Conv2D", where known
  std::vector<WeightTensor> weights = {};
};

/// Keras's optimizer.variables, in its order: iteration, learning rate, slots.
struct OptimizerVariables {
  std::string name = "optimizer";
  std::vector<Array> values = {};
};

struct TensorFile {
  WeightFormat format = WeightFormat::weights_h5;
  std::string source = {};               ///< the file, as errors name it
  std::vector<WeightLayer> layers = {};  ///< also those without weights, where the format lists them
  bool ordered = false;                  ///< the layers' order is the model's
  std::optional<OptimizerVariables> optimizer = {};
  std::string model_config = {}, compile_config = {};  ///< JSON, as Keras wrote it
  std::string keras_version = {}, backend = {};
  bool models_inside = false;                                    ///< a legacy file's, and nothing but a model_config says which
  bool channels_first_kernels = false, flipped_kernels = false;  ///< Theano's: converted when loaded into a network that needs it

  std::size_t weight_count() const;
};

/// The format is told by the content, not by the name. Error{data} names file and place.
TensorFile read_tensor_file(const std::string& file);
/// The same of a whole model where its weights are not wanted yet: a .keras file's are not read, and it has no layers and no optimizer then.
TensorFile read_model_texts(const std::string& file);
/// The format that a name asks for: .weights.h5, .h5 or .hdf5, .keras, .npz, .safetensors, .onnx. Error{usage} lists them.
WeightFormat format_of_name(const std::string& file);
/// In the format of the file's name; atomic. .keras and .onnx need a model_config.
void write_tensor_file(const std::string& file, TensorFile tensors);

}  // namespace lehr
