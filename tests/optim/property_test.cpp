// What every optimizer promises whatever its formula: a rate of zero changes nothing, and the order of the parameters does not matter.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "engine/spec/parse.h"
#include "optim/catalogue.h"
#include "tests/check/optimizer_run.h"

using namespace lehr;

namespace {

constexpr std::int64_t count = 37;  // no multiple of a vector's width

std::vector<float> numbers(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> out(count);
  for (auto& x : out) x = normal(random);
  return out;
}

std::vector<float> in_order(const std::vector<float>& values, const std::vector<std::size_t>& order) {
  std::vector<float> out;
  for (const auto i : order) out.push_back(values[i]);
  return out;
}

std::vector<float> after(const std::string& spec, const std::vector<float>& start, const std::vector<std::vector<float>>& gradients) {
  check::OptimizerRun run(optimizer_catalogue().from(parse_spec(spec, "--optimizer")),
                          {{.name = "w", .shape = Shape{count}, .decays = true}});
  run.set_weight(0, start);
  for (const auto& g : gradients) run.step({g});
  return run.weight(0);
}

std::vector<std::string> all_optimizers() {
  std::vector<std::string> out;
  for (const auto& doc : optimizer_catalogue().docs()) out.emplace_back(doc.name);
  return out;
}

}  // namespace

TEST_CASE("property: with a learning rate of 0 every optimizer is the identity, bit for bit") {
  std::mt19937 random(16);
  const std::vector<float> start = numbers(random);
  std::vector<std::vector<float>> gradients;
  for (int i = 0; i < 5; ++i) gradients.push_back(numbers(random));
  const auto names = all_optimizers();
  REQUIRE(names.size() >= 10);
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK(after(name + "(learning_rate=0)", start, gradients) == start);
    CHECK(after(name, start, gradients) != start);
  }
}

TEST_CASE("property: permuting the parameters permutes the result") {
  std::mt19937 random(62);
  const std::vector<float> start = numbers(random);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  std::vector<std::vector<float>> gradients, permuted;
  for (int i = 0; i < 5; ++i) {
    gradients.push_back(numbers(random));
    permuted.push_back(in_order(gradients.back(), order));
  }
  for (const auto& name : all_optimizers()) {
    CAPTURE(name);
    const auto expected = in_order(after(name, start, gradients), order), got = after(name, in_order(start, order), permuted);
    // Norms over the tensor are summed in another order.
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(2e-6));
  }
}
