// baseline.h: what a network has to beat: classifiers that need no training steps, under scikit-learn's names and defaults. They stand where a
// model does: `--model 'knn(5)'` in evaluate, cross-validate and tune.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/array.h"
#include "engine/spec/catalogue.h"

namespace lehr {

enum class NeighborWeights : std::uint8_t { uniform, distance };
template <>
struct SpecEnum<NeighborWeights> {
  static constexpr std::pair<std::string_view, NeighborWeights> names[] = {{"uniform", NeighborWeights::uniform},
                                                                           {"distance", NeighborWeights::distance}};
};

struct Knn {
  static constexpr SpecInfo info{.name = "knn",
                                 .class_name = "KNeighborsClassifier",
                                 .summary = "the classes of the nearest training samples; of equally near ones the earlier",
                                 .formula = "p(class) = share of it among the n nearest by |x - sample|"};
  int n_neighbors = 5;
  NeighborWeights weights = NeighborWeights::uniform;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("n_neighbors", self.n_neighbors, "how many are asked");
    f("weights", self.weights, "uniform, or distance: each counts 1 / distance");
  }
  friend bool operator==(const Knn&, const Knn&) = default;
};

struct LogisticRegression {
  static constexpr SpecInfo info{.name = "logistic_regression",
                                 .class_name = "LogisticRegression",
                                 .summary = "a softmax of linear functions (two classes: a sigmoid of one), at the optimum, by L-BFGS",
                                 .formula = "minimize C * sum of cross-entropy + |weights|^2 / 2; intercepts are not shrunk"};
  double C = 1;
  double tol = 1e-6;  ///< scikit-learn's 1e-4 leaves the third digit open
  int max_iter = 1000;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("C", self.C, "how much the data counts against small weights");
    f("tol", self.tol, "largest entry of the mean's gradient at the end");
    f("max_iter", self.max_iter, "steps at most");
  }
  friend bool operator==(const LogisticRegression&, const LogisticRegression&) = default;
};

using Baseline = std::variant<Knn, LogisticRegression>;
const Catalogue<Baseline>& baseline_catalogue();
/// `knn(5)`, `logistic_regression(C=0.1)`; nothing where the text names a network. Error{usage} for values that cannot be.
std::optional<Baseline> baseline_from(const std::string& model);

/// A baseline that has seen its samples.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual Array predict(const Array& x, int threads) const = 0;  ///< f32 [n, features] -> probabilities f32 [n, classes]
  virtual std::int64_t parameters() const = 0;                   ///< numbers it keeps
};
/// x f32 [n, features], ids below `classes`. The same bits for any number of threads.
std::unique_ptr<Classifier> train_classifier(const Baseline& baseline, const Array& x, std::vector<std::int32_t> ids, std::int64_t classes,
                                             int threads = 0);
std::unique_ptr<Classifier> train_classifier(const Knn& knn, const Array& x, std::vector<std::int32_t> ids, std::int64_t classes);
std::unique_ptr<Classifier> train_classifier(const LogisticRegression& regression, const Array& x, const std::vector<std::int32_t>& ids,
                                             std::int64_t classes, int threads);

}  // namespace lehr
