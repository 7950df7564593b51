// save_freq.h: how often something is done, as Keras's save_freq and update_freq say it: `epoch`, `batch`, or every so many batches.
#pragma once

#include "engine/spec/convert.h"

namespace lehr {

struct Frequency {
  std::int64_t batches = 0;  ///< 0: at the end of epochs
  bool epochs() const { return batches == 0; }
};
template <>
struct SpecConvert<Frequency> {
  static Frequency from(const SpecValue& value) {
    if (value.kind == SpecKind::word || value.kind == SpecKind::string) {
      if (value.text == "epoch") return {};
      if (value.text == "batch") return {.batches = 1};
    }
    return {.batches = spec_integer(value, 1, 1'000'000'000)};
  }
  static SpecValue to(const Frequency& value) {
    return value.epochs() ? SpecValue::of(std::string_view("epoch")) : SpecValue::of(value.batches);
  }
  static std::string expects() { return "epoch, batch or a number of batches"; }
};

}  // namespace lehr
