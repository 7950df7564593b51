// The oracles that have a name. A new oracle is one line here.
#include "tune/oracles/asha.h"
#include "tune/oracles/bayesian.h"
#include "tune/oracles/cma_es.h"
#include "tune/oracles/evolution.h"
#include "tune/oracles/hyperband.h"
#include "tune/oracles/population_based.h"
#include "tune/oracles/random_search.h"
#include "tune/oracles/tpe.h"

namespace lehr {

const Catalogue<Oracle>& oracle_catalogue() {
  using C = Catalogue<Oracle>;
  static const C list("oracle",
                      {C::entry<GridSearch>({"grid_search"}), C::entry<RandomSearch>({"random_search"}), C::entry<Hyperband>(),
                       C::entry<Asha>({"successive_halving"}), C::entry<Bayesian>({"gp"}), C::entry<Tpe>(), C::entry<CmaEs>({"cmaes"}),
                       C::entry<PopulationBased>(), C::entry<Bohb>(), C::entry<Evolution>({"regularized_evolution"})});
  return list;
}

}  // namespace lehr
