#include "weights/name_map.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "layers/network.h"

namespace lehr {

namespace {

struct ClassWeights {
  std::string_view class_name;
  std::vector<std::string> names;  ///< all that it may have, in order
};

// Where a layer has fewer, the last rule that fits its count holds: without a bias, without gamma.
const std::vector<ClassWeights>& class_weights() {
  static const std::vector<ClassWeights> table{
      {"Dense", {"kernel", "bias"}},
      {"Conv1D", {"kernel", "bias"}},
      {"Conv2D", {"kernel", "bias"}},
      {"Conv2DTranspose", {"kernel", "bias"}},
      {"DepthwiseConv2D", {"kernel", "bias"}},
      {"SeparableConv2D", {"depthwise_kernel", "pointwise_kernel", "bias"}},
      {"BatchNormalization", {"gamma", "beta", "moving_mean", "moving_variance"}},
      {"BatchNormalization", {"beta", "moving_mean", "moving_variance"}},
      {"BatchNormalization", {"moving_mean", "moving_variance"}},
      {"LayerNormalization", {"gamma", "beta"}},
      {"GroupNormalization", {"gamma", "beta"}},
      {"Normalization", {"mean", "variance", "count"}},
      {"PReLU", {"alpha"}},
      {"LayerScale", {"gamma"}},
      {"Embedding", {"embeddings"}},
  };
  return table;
}

struct Alias {
  std::string_view theirs, ours;
};
constexpr std::array aliases{Alias{"W", "kernel"}, Alias{"b", "bias"}, Alias{"running_mean", "moving_mean"},
                             Alias{"running_std", "moving_variance"}, Alias{"alphas", "alpha"}};
constexpr std::array<std::string_view, 15> known_names{"kernel",     "bias",   "gamma",    "beta",  "moving_mean",      "moving_variance",
                                                       "alpha",      "mean",   "variance", "count", "depthwise_kernel", "pointwise_kernel",
                                                       "embeddings", "lambda", "scale"};

std::string without_counter(std::string_view name) {
  const auto end = name.find_last_not_of("0123456789");
  if (end == std::string_view::npos || end + 1 == name.size() || name[end] != '_') return std::string(name);
  return std::string(name.substr(0, end));
}

std::string renamed(std::string_view name) {
  for (const auto& alias : aliases)
    if (alias.theirs == name) return std::string(alias.ours);
  return std::string(name);
}

}  // namespace

bool is_weight_name(std::string_view name) { return std::find(known_names.begin(), known_names.end(), name) != known_names.end(); }

std::vector<std::string> weight_names(std::string_view class_name, std::size_t count) {
  for (const auto& row : class_weights()) {
    if (row.class_name != class_name && automatic_name(row.class_name) != class_name) continue;
    const bool optional_tail = row.names.back() == "bias" || row.names.back() == "beta";
    if (row.names.size() == count) return row.names;
    if (optional_tail && row.names.size() == count + 1) return {row.names.begin(), row.names.end() - 1};
  }
  return {};
}

std::string neutral_weight_name(std::string_view name) {
  if (name.ends_with(":0")) name.remove_suffix(2);
  name = name.substr(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
  std::string plain = renamed(without_counter(name));
  if (is_weight_name(plain)) return plain;
  // Keras 1 put the layer in front: block1_conv1_W_1.
  for (auto at = plain.find('_'); at != std::string::npos; at = plain.find('_', at + 1)) {
    const std::string tail = renamed(std::string_view(plain).substr(at + 1));
    if (is_weight_name(tail)) return tail;
  }
  return std::string(name);
}

std::string guessed_class(const std::vector<std::pair<std::string, std::size_t>>& weights) {
  const auto rank = [&](std::string_view name) -> std::size_t {
    for (const auto& [n, r] : weights)
      if (n == name) return r;
    return 0;
  };
  if (rank("depthwise_kernel") != 0) return rank("pointwise_kernel") != 0 ? "SeparableConv2D" : "DepthwiseConv2D";
  if (rank("moving_mean") != 0) return "BatchNormalization";
  if (rank("kernel") == 4) return "Conv2D";
  if (rank("kernel") == 3) return "Conv1D";
  if (rank("kernel") == 2) return "Dense";
  if (rank("alpha") != 0) return "PReLU";
  if (rank("gamma") != 0) return "LayerNormalization";
  return {};
}

Array transposed(const Array& array, const std::vector<std::size_t>& axes) {
  if (axes.empty()) return array;  // one number
  const std::size_t rank = axes.size(), item = size_of(array.dtype());
  std::vector<std::int64_t> from(rank, 1), extents;
  for (std::size_t d = rank - 1; d-- > 0;) from[d] = from[d + 1] * array.shape()[d + 1];
  for (const auto a : axes) extents.push_back(array.shape()[a]);
  Array out(Shape(extents), array.dtype());
  std::vector<std::int64_t> index(rank, 0);
  for (std::size_t i = 0; i < out.count(); ++i) {
    std::int64_t at = 0;
    for (std::size_t d = 0; d < rank; ++d) at += index[d] * from[axes[d]];
    std::memcpy(out.data() + i * item, array.data() + static_cast<std::size_t>(at) * item, item);
    for (std::size_t d = rank; d-- > 0;) {
      if (++index[d] < extents[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

Array flipped_kernel(const Array& hwio) {
  Array out(hwio.shape(), hwio.dtype());
  const auto h = hwio.shape()[0], w = hwio.shape()[1];
  const std::size_t cell = hwio.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(h * w, 1));
  for (std::int64_t i = 0; i < h * w; ++i)
    std::memcpy(out.data() + static_cast<std::size_t>(h * w - 1 - i) * cell, hwio.data() + static_cast<std::size_t>(i) * cell, cell);
  return out;
}

namespace {

struct TorchName {
  std::string_view keras, torch;
};
constexpr std::array torch_names{TorchName{"kernel", "weight"},
                                 TorchName{"gamma", "weight"},
                                 TorchName{"alpha", "weight"},
                                 TorchName{"beta", "bias"},
                                 TorchName{"bias", "bias"},
                                 TorchName{"moving_mean", "running_mean"},
                                 TorchName{"moving_variance", "running_var"}};

}  // namespace

TorchWeight to_torch(std::string_view class_name, const std::string& name, const Array& values) {
  const std::size_t rank = values.shape().rank();
  const bool depthwise = class_name == "DepthwiseConv2D" && name == "kernel";
  if ((depthwise || name == "depthwise_kernel") && rank == 4) {
    const auto& s = values.shape();
    return {.name = depthwise ? "weight" : "depthwise.weight",
            .values = transposed(values.reshaped(Shape{s[0], s[1], 1, s[2] * s[3]}), {3, 2, 0, 1})};
  }
  if (name == "pointwise_kernel" && rank == 4) return {.name = "pointwise.weight", .values = transposed(values, {3, 2, 0, 1})};
  for (const auto& row : torch_names) {
    if (row.keras != name) continue;
    Array out = rank == 4 ? transposed(values, {3, 2, 0, 1}) : rank == 2 && name == "kernel" ? transposed(values, {1, 0}) : values;
    return {.name = std::string(row.torch), .values = std::move(out)};
  }
  return {.name = name, .values = values};
}

TorchWeight from_torch(const std::string& name, const Array& values, bool normalizes) {
  const std::size_t rank = values.shape().rank();
  std::string ours = name;
  if (name == "weight") ours = rank == 1 ? "gamma" : "kernel";
  if (name == "bias") ours = normalizes ? "beta" : "bias";
  if (name == "running_mean") ours = "moving_mean";
  if (name == "running_var") ours = "moving_variance";
  if (name == "depthwise.weight") ours = "depthwise_kernel";
  if (name == "pointwise.weight") ours = "pointwise_kernel";
  if (ours == name && name != "bias") return {.name = name, .values = values};
  Array out = rank == 4 ? transposed(values, {2, 3, 1, 0}) : rank == 2 ? transposed(values, {1, 0}) : values;
  return {.name = ours, .values = std::move(out)};
}

}  // namespace lehr
