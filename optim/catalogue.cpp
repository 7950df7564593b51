#include "optim/catalogue.h"

#include "optim/adafactor.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adam_family.h"
#include "optim/layerwise.h"
#include "optim/muon.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"

namespace lehr {

const Catalogue<Optimizer>& optimizer_catalogue() {
  using C = Catalogue<Optimizer>;
  static const C list(
      "optimizer", {C::entry<SGD>(), C::entry<Adam>(), C::entry<AdamW>(), C::entry<Adamax>(), C::entry<Nadam>(), C::entry<RMSprop>(),
                    C::entry<Adagrad>(), C::entry<Adadelta>(), C::entry<Adafactor>(), C::entry<Ftrl>(), C::entry<Lion>(), C::entry<Lamb>(),
                    C::entry<LARS>(), C::entry<Muon>(), C::entry<ScheduleFreeAdamW>({"schedule_free"})});
  return list;
}

}  // namespace lehr
