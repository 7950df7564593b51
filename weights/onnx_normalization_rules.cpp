// Operators that normalize.
#include "layers/batch_normalization.h"
#include "layers/layer_normalization.h"
#include "weights/onnx_import.h"

namespace lehr {

namespace {

/// A list of one number a channel.
Array channel_numbers(OnnxImport& import, const OnnxNode& n, std::size_t i, std::int64_t channels) {
  const Array& values = import.numbers(n, i);
  if (static_cast<std::int64_t>(values.count()) != channels)
    import.refuse(n, "input " + std::to_string(i) + " does not fit the channels", std::to_string(channels), values.shape().text());
  return values.reshaped(Shape{channels});
}

void batch_normalization(OnnxImport& import, const OnnxNode& n) {
  if (import.integer(n, "training_mode", 0) != 0) import.refuse(n, "is in training mode", "a model exported for inference");
  const OnnxTensor x = import.with_last(n, 0, 1);
  const std::int64_t channels = import.shape(x.node).back();
  std::vector<WeightTensor> weights;
  const std::vector<const char*> names{"gamma", "beta", "moving_mean", "moving_variance"};
  for (std::size_t i = 0; i < names.size(); ++i)
    weights.push_back({.name = names[i], .place = import.name_of(n, i + 1), .values = channel_numbers(import, n, i + 1, channels)});
  const BatchNormalization layer{.momentum = import.number(n, "momentum", 0.9), .epsilon = import.number(n, "epsilon", 1e-5)};
  import.set(n, {.node = import.add(n, layer, {x.node}, std::move(weights)), .first = x.first});
}

void layer_normalization(OnnxImport& import, const OnnxNode& n) {
  const std::int64_t given = import.integer(n, "axis", -1);
  const std::size_t last = import.shape(import.value(n, 0).node).rank();
  const bool one = given == -1 || given == static_cast<std::int64_t>(last);
  const OnnxTensor x = one ? import.with_last(n, 0, given) : OnnxTensor{.node = import.plain(n, 0)};
  std::vector<int> axes;
  std::vector<std::int64_t> extents;
  for (std::size_t a = import.axis(n, x, given); a <= last; ++a) {
    axes.push_back(static_cast<int>(a));
    extents.push_back(import.shape(x.node)[a - 1]);
  }
  LayerNormalization layer{.axis = one ? std::vector{-1} : axes, .epsilon = import.number(n, "epsilon", 1e-5), .center = import.has(n, 2)};
  std::vector<WeightTensor> weights;
  for (std::size_t i = 1; i < 3 && import.has(n, i); ++i) {
    const Array& values = import.numbers(n, i);
    if (static_cast<std::int64_t>(values.count()) != Shape(extents).elements())
      import.refuse(n, "input " + std::to_string(i) + " does not fit the axes", Shape(extents).text(), values.shape().text());
    weights.push_back({.name = i == 1 ? "gamma" : "beta", .place = import.name_of(n, i), .values = values.reshaped(Shape(extents))});
  }
  if (weights.empty()) import.refuse(n, "lacks its scale");
  import.set(n, {.node = import.add(n, layer, {x.node}, std::move(weights)), .first = x.first});
}

/// One number a group becomes one a channel.
Array spread(OnnxImport& import, const OnnxNode& n, std::size_t i, std::int64_t channels, std::int64_t groups) {
  const Array& given = import.numbers(n, i);
  const auto count = static_cast<std::int64_t>(given.count());
  if (count != channels && count != groups)
    import.refuse(n, "input " + std::to_string(i) + " does not fit the channels", std::to_string(channels), given.shape().text());
  Array out(Shape{channels}, DType::f32);
  for (std::int64_t c = 0; c < channels; ++c)
    out.as<float>()[static_cast<std::size_t>(c)] =
        given.as<float>()[static_cast<std::size_t>(count == channels ? c : c / (channels / groups))];
  return out;
}

std::size_t group_layer(OnnxImport& import, const OnnxNode& n, std::size_t image, std::int64_t groups) {
  const std::int64_t channels = import.shape(image).back();
  if (groups < 1 || channels % groups != 0)
    import.refuse(n, "its groups do not divide the channels", std::to_string(channels), std::to_string(groups));
  const GroupNormalization layer{.groups = static_cast<int>(groups), .epsilon = import.number(n, "epsilon", 1e-5)};
  return import.add(n, layer, {image},
                    {{.name = "gamma", .place = import.name_of(n, 1), .values = spread(import, n, 1, channels, groups)},
                     {.name = "beta", .place = import.name_of(n, 2), .values = spread(import, n, 2, channels, groups)}});
}

/// Of an image; or of groups of its channels, which PyTorch and lehr make by a Reshape before and one behind.
void instance_normalization(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor& x = import.value(n, 0);
  if (import.shape(x.node).rank() == 3) {
    const std::size_t image = import.image(n, 0);
    return import.set(n, {.node = group_layer(import, n, image, import.shape(image).back()), .first = true});
  }
  const OnnxNode* reshape = import.producer(n.inputs[0]);
  if (reshape == nullptr || reshape->op != "Reshape" || import.shape(x.node).rank() != 2)
    import.refuse(n, "normalizes neither an image nor groups of its channels", "(batch, channels, height, width)",
                  import.shape(x.node).text());
  const std::int64_t groups = import.shape(x.node)[0];
  import.set(n, {.node = group_layer(import, n, import.image(*reshape, 0), groups), .first = true, .piece = OnnxPiece::grouped});
}

void group_normalization(OnnxImport& import, const OnnxNode& n) {
  import.set(n, {.node = group_layer(import, n, import.image(n, 0), import.integer(n, "num_groups", 1)), .first = true});
}

}  // namespace

OnnxRules onnx_normalization_rules() {
  return {{"BatchNormalization", batch_normalization},
          {"LayerNormalization", layer_normalization},
          {"InstanceNormalization", instance_normalization},
          {"GroupNormalization", group_normalization}};
}

}  // namespace lehr
