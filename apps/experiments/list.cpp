#include "apps/experiments/experiments.h"
#include "engine/spec/names.h"

namespace lehr {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> list = [] {
    std::vector<Experiment> all;
    for (const auto& part : {regularization(), transfer(), cifar_convnet(), descent_diagrams(), lfw_learning_rates(), lfw_callbacks(),
                             lfw_schedules(), searches()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return list;
}

const Experiment& find_experiment(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& e : experiments()) {
    if (e.name == name) return e;
    names.push_back(e.name);
  }
  throw Error({.category = Category::usage,
               .where = "experiment",
               .what = "there is no experiment \"" + name + "\"",
               .expected = "one of those that `lehr experiment list` prints",
               .got = name,
               .hint = did_you_mean(nearest(name, names))});
}

}  // namespace lehr
