// emit_scale.h: y = x*scale + offset as an operation with its gradient.
#pragma once

#include "layers/layer.h"

namespace lehr {

/// One number each, or one a channel (the last axis); offset may be empty.
Value emit_scale(Planner& p, const std::string& layer, Value x, std::int64_t channels, std::vector<float> scale,
                 std::vector<float> offset = {});

}  // namespace lehr
