// name_map.h: the one table of what a layer's weights are called: by Keras 3, by Keras 1, by PyTorch, and by counting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/array.h"

namespace lehr {

/// Keras's names of a layer's weights in the order of its variables; `class_name` as `Conv2D` or `conv2d`. Empty where not known.
std::vector<std::string> weight_names(std::string_view class_name, std::size_t count);

/// "dense_1/kernel:0", "block1_conv1_W_1:0", "kernel_2" -> "kernel". A name nobody knows comes back without path and ":0".
std::string neutral_weight_name(std::string_view name);
bool is_weight_name(std::string_view name);  ///< one of Keras 3's

/// Which class a layer without one is, by its weights: {"kernel" rank 4, "bias"} -> Conv2D. Empty: no telling.
std::string guessed_class(const std::vector<std::pair<std::string, std::size_t>>& names_and_ranks);

/// PyTorch's name ("weight") and layout of a weight of Keras, and back. A depthwise kernel, (h, w, c, m), is (c*m, 1, h, w) there; back
/// it is (h, w, 1, c*m), the same numbers in the same order. `normalizes`: the layer's other weights have rank 1.
struct TorchWeight {
  std::string name = {};
  Array values = {};
};
TorchWeight to_torch(std::string_view class_name, const std::string& name, const Array& values);
TorchWeight from_torch(const std::string& name, const Array& values, bool normalizes);

/// Axes in another order: out[i...] = in[...], out.extent(d) = in.extent(axes[d]).
Array transposed(const Array& array, const std::vector<std::size_t>& axes);
/// The first two axes read backwards: Theano's convolution is one, everyone else's is a correlation.
Array flipped_kernel(const Array& hwio);

}  // namespace lehr
