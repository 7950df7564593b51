// catalogue.h: the optimizers that have a name. A new optimizer is one line in catalogue.cpp.
#pragma once

#include "engine/spec/catalogue.h"
#include "optim/optimizer.h"

namespace lehr {

const Catalogue<Optimizer>& optimizer_catalogue();

template <>
struct SpecConvert<Optimizer> {
  static Optimizer from(const SpecValue& value) { return optimizer_catalogue().from(value); }
  static SpecValue to(const Optimizer& optimizer) { return optimizer.text(); }
  static std::string expects() { return "an optimizer"; }
};

}  // namespace lehr
