// keras_input.h: what a layer's or a model's Keras config says of the input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/json.h"
#include "engine/shape.h"

namespace lehr {

/// Of batch_shape, batch_input_shape or build_input_shape, without the batch; none where an extent is unknown. Error{data} names `layer` where
/// it is no shape.
std::optional<Shape> declared_input_shape(const JsonValue& config, std::string_view what, const std::string& layer);

/// Whole numbers, as images are ("uint8"); else "float32": of other kinds, Keras makes the layers' own.
std::string declared_input_dtype(const JsonValue& config);

}  // namespace lehr
