#include "tune/baselines/baseline.h"

#include "engine/spec/parse.h"

namespace lehr {

const Catalogue<Baseline>& baseline_catalogue() {
  using C = Catalogue<Baseline>;
  static const C list("baseline", {C::entry<Knn>({"k_nearest_neighbors"}), C::entry<LogisticRegression>()});
  return list;
}

namespace {

void check(const Knn& knn) {
  if (knn.n_neighbors < 1)
    throw Error({.category = Category::usage,
                 .where = "knn",
                 .what = "nobody is asked",
                 .expected = "n_neighbors of 1 or more",
                 .got = std::to_string(knn.n_neighbors)});
}

void check(const LogisticRegression& r) {
  if (!(r.C > 0) || !(r.tol > 0) || r.max_iter < 1)
    throw Error({.category = Category::usage,
                 .where = "logistic_regression",
                 .what = "these numbers cannot be",
                 .expected = "C and tol above 0, max_iter of 1 or more"});
}

}  // namespace

std::optional<Baseline> baseline_from(const std::string& model) {
  const auto name = model.substr(0, model.find_first_of("( "));
  if (model.find('|') != std::string::npos || baseline_catalogue().find(name) == nullptr) return {};
  Baseline out = baseline_catalogue().from(parse_spec(model, "--model"));
  std::visit([](const auto& spec) { check(spec); }, out);
  return out;
}

std::unique_ptr<Classifier> train_classifier(const Baseline& baseline, const Array& x, std::vector<std::int32_t> ids, std::int64_t classes,
                                             int threads) {
  if (const auto* knn = std::get_if<Knn>(&baseline)) return train_classifier(*knn, x, std::move(ids), classes);
  return train_classifier(std::get<LogisticRegression>(baseline), x, ids, classes, threads);
}

}  // namespace lehr
