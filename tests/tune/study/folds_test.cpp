// Folds: scikit-learn's rows, every row held out once.
#include "tune/study/folds.h"

#include <doctest/doctest.h>

#include <set>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "kernels/error.h"

using namespace lehr;

namespace {

std::vector<std::int64_t> integers(const JsonValue& json) {
  std::vector<std::int64_t> out;
  for (const auto& e : json.elements()) out.push_back(e.integer());
  return out;
}

void partitions(const std::vector<Fold>& folds, std::int64_t rows) {
  std::set<std::int64_t> seen;
  for (const auto& fold : folds) {
    CHECK(std::ssize(fold.train) + std::ssize(fold.test) == rows);
    for (const auto row : fold.test) CHECK(seen.insert(row).second);
  }
  CHECK(std::ssize(seen) == rows);
}

}  // namespace

TEST_CASE("KFold and StratifiedKFold hold out scikit-learn's rows") {
  const auto cases = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/sklearn/folds.json"), "folds.json");
  CHECK(cases.size() == 11);
  for (const auto& c : cases.elements()) {
    std::vector<Fold> folds;
    if (c.at("kind").string() == "k_fold") {
      const auto order = c.find("permutation") != nullptr ? integers(c.at("permutation")) : std::vector<std::int64_t>{};
      folds = k_fold(c.at("rows").integer(), c.at("k").integer(), order);
    } else {
      std::vector<std::int32_t> labels;
      for (const auto l : integers(c.at("labels"))) labels.push_back(static_cast<std::int32_t>(l));
      folds = stratified_k_fold(labels, c.at("k").integer());
    }
    REQUIRE(folds.size() == c.at("test").size());
    for (std::size_t i = 0; i < folds.size(); ++i) CHECK(folds[i].test == integers(c.at("test").at(i)));
  }
}

TEST_CASE("shuffled, stratified and repeated folds are partitions that a seed decides") {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 90; ++i) labels.push_back(i % 10 == 0 ? 1 : 0);
  const auto folds = stratified_k_fold(labels, 3, 5, true);
  partitions(folds, 90);
  for (const auto& fold : folds) {
    std::int64_t ones = 0;
    for (const auto row : fold.test) ones += labels[static_cast<std::size_t>(row)];
    CHECK(ones == 3);
  }
  CHECK(folds[0].test == stratified_k_fold(labels, 3, 5, true)[0].test);
  CHECK(folds[0].test != stratified_k_fold(labels, 3, 6, true)[0].test);
  const auto repeated = repeated_k_fold(20, 4, 3, 1);
  REQUIRE(repeated.size() == 12);
  for (std::size_t r = 0; r < 3; ++r)
    partitions({repeated.begin() + static_cast<std::ptrdiff_t>(4 * r), repeated.begin() + static_cast<std::ptrdiff_t>(4 * r + 4)}, 20);
  CHECK(repeated[0].test != repeated[4].test);
  CHECK_THROWS_AS(k_fold(3, 4), Error);
  CHECK_THROWS_AS(k_fold(3, 1), Error);
  CHECK_THROWS_AS(stratified_k_fold(labels, 10), Error);
}

TEST_CASE("mean and standard error") {
  const std::vector<double> values{1, 2, 3, 4};
  CHECK(mean_with_error(values).mean == 2.5);
  CHECK(mean_with_error(values).standard_error == doctest::Approx(0.6454972));
  CHECK(mean_with_error(std::span(values).first(1)).standard_error == 0);
}
