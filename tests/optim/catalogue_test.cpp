// One row an optimizer of the catalogue: all fields through text and JSON, the memory it asks for, two steps by hand in double, and wrong
// arguments. An optimizer without a row fails. Twelve steps against Keras: golden_test.cpp.
#include "optim/catalogue.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>

#include "tests/check/optimizer_run.h"
#include "tests/check/round_trip.h"

using namespace lehr;
using check::OptimizerRun;

namespace {

/// One weight, w = 1, gradients 0.5 and -0.25.
struct Hand {
  double w = 1, a = 0, b = 0;
  std::int64_t t = 0;
};

struct Row {
  std::string every_field;  ///< with no field at its default; clipping appears once each, in the texts of `clips`
  std::string text;         ///< of the two steps by hand
  std::function<void(Hand&, double g)> step;
  std::vector<std::string> slots;
  std::vector<std::pair<std::string, std::string>> refusals;  ///< text, word of the message
};

void adam_step(Hand& s, double g, double decay) {
  ++s.t;
  const double t = static_cast<double>(s.t), rate = 0.1 * std::sqrt(1 - std::pow(0.99, t)) / (1 - std::pow(0.8, t));
  s.w -= 0.1 * decay * s.w;
  s.a += (g - s.a) * 0.2;
  s.b += (g * g - s.b) * 0.01;
  s.w -= rate * s.a / (std::sqrt(s.b) + 1e-3);
}

const std::map<std::string, Row>& rows() {
  static const std::map<std::string, Row> list{
      {"SGD",
       {.every_field = "sgd(0.2, momentum=0.9, nesterov=true, weight_decay=0.1",
        .text = "sgd(0.1, momentum=0.5, nesterov=true)",
        .step =
            [](Hand& s, double g) {
              s.a = 0.5 * s.a - 0.1 * g;
              s.w += 0.5 * s.a - 0.1 * g;
            },
        .slots = {"momentum"},
        .refusals = {{"sgd(momentum=1.5)", "0 to 1"}, {"sgd(lr=0.1)", "learning_rate"}, {"sgd(clipnorm=1, clipvalue=1)", "clip"}}}},
      {"Adam",
       {.every_field = "adam(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, amsgrad=true, weight_decay=0.1",
        .text = "adam(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step = [](Hand& s, double g) { adam_step(s, g, 0); },
        .slots = {"momentum", "velocity"},
        .refusals = {{"adam(beta_1=1)", "[0, 1)"}, {"adam(beta_2=-0.1)", "[0, 1)"}, {"adam(clipnorm=-1)", "negative"}}}},
      {"AdamW",
       {.every_field = "adamw(0.2, weight_decay=0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-5, amsgrad=true",
        .text = "adamw(0.1, weight_decay=0.3, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step = [](Hand& s, double g) { adam_step(s, g, 0.3); },
        .slots = {"momentum", "velocity"},
        .refusals = {{"adamw(beta_1=1)", "[0, 1)"}, {"adamw(weight_decay=-1)", "negative"}}}},
      {"RMSprop",
       {.every_field = "rmsprop(0.2, rho=0.8, momentum=0.5, epsilon=1e-5, centered=true, weight_decay=0.1",
        .text = "rmsprop(0.1, rho=0.8, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              s.a = 0.8 * s.a + 0.2 * g * g;
              s.w -= 0.1 * g / std::sqrt(s.a + 1e-3);
            },
        .slots = {"velocity"},
        .refusals = {{"rmsprop(rho=1.5)", "0 to 1"}, {"rmsprop(momentum=2)", "0 to 1"}, {"rmsprop(decay=0.1)", "weight_decay"}}}},
  };
  return list;
}
const std::vector<std::string> clips{"clipnorm", "clipvalue", "global_clipnorm"};

Optimizer made(const std::string& text) { return optimizer_catalogue().from(parse_spec(text, "test")); }

}  // namespace

TEST_CASE("optimizers: every entry of the catalogue has a row here, and every row an entry") {
  for (const auto& entry : optimizer_catalogue().entries())
    CHECK_MESSAGE(rows().contains(std::string(entry.info.class_name)), entry.info.class_name, " has no row in this test");
  for (const auto& [class_name, row] : rows()) CHECK_MESSAGE(optimizer_catalogue().find(class_name) != nullptr, class_name);
}

TEST_CASE("optimizers: all fields survive text and JSON") {
  for (const auto& [class_name, row] : rows())
    for (const auto& clip : clips) {  // at most one of the three may be set
      const Optimizer optimizer = made(row.every_field + ", " + clip + "=0.5)");
      auto expected = clips;
      std::erase(expected, clip);
      auto untouched = check::untouched(optimizer_catalogue().find(class_name)->fields(), optimizer.config());
      CHECK(untouched == expected);
      check::round_trip(optimizer_catalogue(), optimizer);
      CHECK(optimizer.with_learning_rate(0.7).learning_rate().first() == 0.7);
    }
}

TEST_CASE("optimizers: two steps by hand, and the memory they keep") {
  for (const auto& [class_name, row] : rows()) {
    CAPTURE(class_name);
    const Optimizer optimizer = made(row.text);
    CHECK(optimizer.slot_names() == row.slots);
    CHECK(optimizer.slots() == static_cast<int>(row.slots.size()));
    OptimizerRun run(optimizer, {{.name = "w", .shape = {1}}});
    run.set_weight(0, {1});
    Hand hand;
    for (const double g : {0.5, -0.25}) {
      run.step({{static_cast<float>(g)}});
      row.step(hand, g);
      CHECK(static_cast<double>(run.weight(0)[0]) == doctest::Approx(hand.w).epsilon(1e-6));
    }
  }
}

TEST_CASE("optimizers: a frozen weight and the gaps between tensors stay as they are") {
  for (const auto& [class_name, row] : rows()) {
    CAPTURE(class_name);
    OptimizerRun run(made(row.text),
                     {{.name = "a", .shape = {3}}, {.name = "frozen", .shape = {2}, .trainable = false}, {.name = "b", .shape = {2}}});
    run.set_weight(1, {5, 6});
    run.step({{1, 1, 1}, {}, {1, 1}});
    CHECK(run.weight(1) == std::vector<float>{5, 6});
    CHECK(run.weight(0)[0] != 0);
    CHECK(run.weight(2)[1] == run.weight(0)[0]);
  }
}

TEST_CASE("optimizers: wrong arguments name what was expected") {
  for (const auto& [class_name, row] : rows())
    for (const auto& [text, word] : row.refusals) check::refused(text, word, [&text = text] { made(text).rule(); });
  check::refused("no such optimizer", "adam", [] { made("adan"); });
}
