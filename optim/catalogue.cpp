#include "optim/catalogue.h"

#include "optim/adam.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"

namespace lehr {

const Catalogue<Optimizer>& optimizer_catalogue() {
  using C = Catalogue<Optimizer>;
  static const C list("optimizer", {C::entry<SGD>(), C::entry<Adam>(), C::entry<AdamW>(), C::entry<RMSprop>()});
  return list;
}

}  // namespace lehr
