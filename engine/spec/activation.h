// activation.h: activations as values of a spec: `dense(10, softmax)`.
#pragma once

#include "engine/spec/convert.h"
#include "kernels/activation.h"

namespace lehr {

template <>
struct SpecEnum<Activation> {
  static constexpr int count = static_cast<int>(Activation::log_softmax) + 1;
  static std::string_view name(Activation activation) { return name_of(activation); }
  static std::optional<Activation> value(std::string_view name) { return activation_of(name); }
};

}  // namespace lehr
