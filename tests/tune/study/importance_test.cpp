// fANOVA beside Optuna's on the same trials, and on results of which the shares are known.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "engine/atomic_file.h"
#include "kernels/philox.h"
#include "tune/space/search_spec.h"
#include "tune/study/importance.h"

using namespace lehr;

namespace {

Space space_from(const std::string& text) { return space_of({{.flag = "optimizer", .values = {text}}}); }

double share(const std::vector<Importance>& list, const std::string& name) {
  for (const auto& i : list)
    if (i.name == name) return i.share;
  return std::nan("");
}

/// 200 trials drawn from the space; the result is a function of the positions.
std::vector<Trial> drawn(const Space& space, const std::function<double(const Values&)>& result) {
  std::vector<Trial> out;
  for (std::uint64_t n = 0; n < 200; ++n) {
    std::uint64_t k = 0;
    const Values v =
        space.fill([&](const Hyperparameter& p) { return p.at(random_word({.seed = 1, .stream = 5}, n, k++) / 4294967296.0); });
    out.push_back({.number = static_cast<std::int64_t>(n), .state = TrialState::complete, .params = v, .values = {result(v)}});
  }
  return out;
}

}  // namespace

TEST_CASE("importances are Optuna's, as far as two random forests agree") {
  const auto golden = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/optuna/importance.json"), "importance.json");
  const Space space =
      space_from("f(units:int(32, 512, step=32), lr:float(1e-4, 1e-1, sampling=log), rate:float(0, 0.5), opt:choice(adam, sgd, rmsprop))");
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < golden.at("trials").size(); ++i) {
    const auto& row = golden.at("trials").at(i);
    Trial t{.number = static_cast<std::int64_t>(i), .state = TrialState::complete, .values = {row.at("value").number()}};
    for (const auto& p : space.parameters()) t.params.set(p.name, p.from_json(row.at("params").at(p.name)).value());
    trials.push_back(std::move(t));
  }
  const auto ours = importances(space, trials);
  REQUIRE(ours.size() == 4);
  for (const auto& [name, value] : golden.at("importance").members()) {
    CAPTURE(name);
    CHECK(std::abs(share(ours, name) - value.at("mean").number()) < 0.02 + 3 * value.at("deviation").number());
  }
  CHECK(ours.front().name == "opt");
  trials[3].values = {std::numeric_limits<double>::infinity()};
  trials[4].state = TrialState::fail;
  CHECK(std::isfinite(importances(space, trials).front().share));
}

TEST_CASE("a rate's decades weigh alike where positions are asked for") {
  const Space space = space_from("f(lr:float(1e-5, 1e-1, sampling=log), a:float(0, 1), b:float(0, 1))");
  const auto trials = drawn(space, [&](const Values& v) { return std::log10(*v.find("lr")) + *v.find("a"); });
  // Variance of a uniform value over a range r is r^2 / 12: 16 against 1.
  const auto shares = importances(space, trials, {.by_position = true});
  CHECK(share(shares, "lr") == doctest::Approx(16.0 / 17).epsilon(0.05));
  CHECK(share(shares, "a") == doctest::Approx(1.0 / 17).epsilon(0.6));
  CHECK(share(shares, "b") < 0.02);
  CHECK(share(importances(space, trials), "lr") < share(shares, "lr"));
}

TEST_CASE("nothing is said where nothing can be") {
  const Space space = space_from("f(a:float(0, 1))");
  CHECK(importances(space, std::vector<Trial>{}).empty());
  CHECK(importances(space, drawn(space, [](const Values&) { return 1.0; })).empty());
}
