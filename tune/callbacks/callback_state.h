// callback_state.h: a callback's own state as text and back, through the state's list of fields.
#pragma once

#include "engine/spec/parse.h"
#include "tune/callback.h"

namespace lehr {

template <SpecType T>
CallbackState callback_state(const T& state, const std::shared_ptr<const std::vector<float>>& weights = {}) {
  return {.text = to_config(state).print(), .weights = weights};
}
/// A complaint names the checkpoint and the callback.
template <SpecType T>
T state_from(const CallbackState& state) {
  return from_spec<T>(parse_spec(state.text, "checkpoint, " + std::string(T::info.name)));
}

}  // namespace lehr
