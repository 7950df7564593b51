// onnx_model.h: a whole model as an ONNX graph, and back. What is written (opset 17) takes and gives images in Keras's order (batch, height, width,
// channels); inside, they are turned to ONNX's (batch, channels, height, width) where an operator needs it, and back where the next one does. What is
// read becomes a network of Keras's order whatever the file's is: PyTorch's images of (channels, height, width) go in as (height, width, channels).
#pragma once

#include <string>

#include "weights/onnx_graph.h"
#include "weights/tensor_file.h"

namespace lehr {

/// `tensors` with its model_config. Error{usage} names a layer that has no form in ONNX, and says which have.
OnnxGraph to_onnx(TensorFile tensors);

/// The network, as model_config, and its weights. Error{data} names an operator that has no layer here, and says which have; one input, one
/// output. Layers have the names of their weights, or those of the operators.
TensorFile from_onnx(OnnxGraph graph, const std::string& source);

}  // namespace lehr
