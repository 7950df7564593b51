// One row an optimizer of the catalogue: all fields through text and JSON, the memory it asks for, two steps by hand in double, and wrong
// arguments. An optimizer without a row fails. Twelve steps against Keras: golden_test.cpp.
#include "optim/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
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
       {.every_field = "sgd(0.2, momentum=0.9, nesterov=true, weight_decay=0.1, use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, "
                       "gradient_accumulation_steps=2, style=torch",
        .text = "sgd(0.1, momentum=0.5, nesterov=true)",
        .step =
            [](Hand& s, double g) {
              s.a = 0.5 * s.a - 0.1 * g;
              s.w += 0.5 * s.a - 0.1 * g;
            },
        .slots = {"momentum"},
        .refusals = {{"sgd(momentum=1.5)", "0 to 1"}, {"sgd(lr=0.1)", "learning_rate"}, {"sgd(clipnorm=1, clipvalue=1)", "clip"}}}},
      {"Adam",
       {.every_field = "adam(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, amsgrad=true, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "adam(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step = [](Hand& s, double g) { adam_step(s, g, 0); },
        .slots = {"momentum", "velocity"},
        .refusals = {{"adam(beta_1=1)", "[0, 1)"}, {"adam(beta_2=-0.1)", "[0, 1)"}, {"adam(clipnorm=-1)", "negative"}}}},
      {"AdamW",
       {.every_field = "adamw(0.2, weight_decay=0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-5, amsgrad=true, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "adamw(0.1, weight_decay=0.3, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step = [](Hand& s, double g) { adam_step(s, g, 0.3); },
        .slots = {"momentum", "velocity"},
        .refusals = {{"adamw(beta_1=1)", "[0, 1)"}, {"adamw(weight_decay=-1)", "negative"}}}},
      {"RMSprop",
       {.every_field = "rmsprop(0.2, rho=0.8, momentum=0.5, epsilon=1e-5, centered=true, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "rmsprop(0.1, rho=0.8, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              s.a = 0.8 * s.a + 0.2 * g * g;
              s.w -= 0.1 * g / std::sqrt(s.a + 1e-3);
            },
        .slots = {"velocity"},
        .refusals = {{"rmsprop(rho=1.5)", "0 to 1"}, {"rmsprop(momentum=2)", "0 to 1"}, {"rmsprop(decay=0.1)", "weight_decay"}}}},
      {"Adamax",
       {.every_field = "adamax(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "adamax(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              ++s.t;
              s.a += (g - s.a) * 0.2;
              s.b = std::max(0.99 * s.b, std::abs(g));
              s.w -= 0.1 / (1 - std::pow(0.8, static_cast<double>(s.t))) * s.a / (s.b + 1e-3);
            },
        .slots = {"momentum", "norm"},
        .refusals = {{"adamax(beta_1=1)", "[0, 1)"}, {"adamax(ema_momentum=2)", "0 to 1"}}}},
      {"Nadam",
       {.every_field = "nadam(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "nadam(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              ++s.t;
              const auto u = [](std::int64_t t) { return 0.8 * (1 - 0.5 * std::pow(0.96, static_cast<double>(t))); };
              double product = 1;
              for (std::int64_t k = 1; k <= s.t; ++k) product *= u(k);
              s.a += (g - s.a) * 0.2;
              s.b += (g * g - s.b) * 0.01;
              const double m = u(s.t + 1) * s.a / (1 - product * u(s.t + 1)) + (1 - u(s.t)) * g / (1 - product);
              s.w -= 0.1 * m / (std::sqrt(s.b / (1 - std::pow(0.99, static_cast<double>(s.t)))) + 1e-3);
            },
        .slots = {"momentum", "velocity"},
        .refusals = {{"nadam(beta_2=1)", "[0, 1)"}}}},
      {"Adagrad",
       {.every_field = "adagrad(0.2, initial_accumulator_value=0.3, epsilon=1e-5, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "adagrad(0.1, initial_accumulator_value=0.3, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              s.a = (s.t++ == 0 ? 0.3 : s.a) + g * g;
              s.w -= 0.1 * g / std::sqrt(s.a + 1e-3);
            },
        .slots = {"accumulator"},
        .refusals = {{"adagrad(initial_accumulator_value=-1)", "negative"}}}},
      {"Adadelta",
       {.every_field = "adadelta(0.2, rho=0.8, epsilon=1e-5, weight_decay=0.1, use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, "
                       "gradient_accumulation_steps=2",
        .text = "adadelta(0.1, rho=0.8, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              s.a = 0.8 * s.a + 0.2 * g * g;
              const double d = -std::sqrt(s.b + 1e-3) * g / std::sqrt(s.a + 1e-3);
              s.b = 0.8 * s.b + 0.2 * d * d;
              s.w += 0.1 * d;
            },
        .slots = {"accumulated_grad", "accumulated_delta_var"},
        .refusals = {{"adadelta(rho=2)", "0 to 1"}, {"adadelta(gradient_accumulation_steps=1)", "2 or more"}}}},
      {"Adafactor",  // a vector is not factored, and its steps are as large as the weight
       {.every_field = "adafactor(0.2, beta_2_decay=-0.7, epsilon_1=1e-20, epsilon_2=0.01, clip_threshold=2, relative_step=false, "
                       "weight_decay=0.1, use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, gradient_accumulation_steps=2",
        .text = "adafactor(0.1)",
        .step =
            [](Hand& s, double g) {
              ++s.t;
              const double b = 1 - std::pow(static_cast<double>(s.t), -0.8), rate = std::min(0.1, 1 / std::sqrt(static_cast<double>(s.t)));
              s.a = b * s.a + (1 - b) * (g * g + 1e-30);
              const double u = g / std::sqrt(s.a);
              s.w -= std::max(1e-3, std::abs(s.w)) * rate * u / std::max(1.0, std::abs(u));
            },
        .slots = {},
        .refusals = {{"adafactor(clip_threshold=0)", "positive"}}}},
      {"Ftrl",
       {.every_field = "ftrl(0.2, learning_rate_power=-0.3, initial_accumulator_value=0.3, l1_regularization_strength=0.1, "
                       "l2_regularization_strength=0.1, l2_shrinkage_regularization_strength=0.1, beta=0.1, weight_decay=0.1, "
                       "use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, gradient_accumulation_steps=2",
        .text = "ftrl(0.1, initial_accumulator_value=0.3, l1_regularization_strength=0.01, l2_regularization_strength=0.02, beta=0.03)",
        .step =
            [](Hand& s, double g) {
              const double before = s.t++ == 0 ? 0.3 : s.a;
              s.a = before + g * g;
              s.b += g - (std::sqrt(s.a) - std::sqrt(before)) / 0.1 * s.w;
              s.w = (std::clamp(s.b, -0.01, 0.01) - s.b) / (std::sqrt(s.a) / 0.1 + 2 * (0.02 + 0.03 / 0.2));
            },
        .slots = {"accumulator", "linear"},
        .refusals = {{"ftrl(l1_regularization_strength=-1)", "negative"}, {"ftrl(learning_rate_power=1)", "negative"}}}},
      {"Lion",
       {.every_field = "lion(0.2, beta_1=0.8, beta_2=0.9, weight_decay=0.1, use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, "
                       "gradient_accumulation_steps=2",
        .text = "lion(0.1, beta_1=0.8, beta_2=0.6)",
        .step =
            [](Hand& s, double g) {
              const double c = 0.8 * s.a + 0.2 * g;
              s.a = 0.6 * s.a + 0.4 * g;
              s.w -= c > 0 ? 0.1 : -0.1;
            },
        .slots = {"momentum"},
        .refusals = {{"lion(beta_1=2)", "0 to 1"}}}},
      {"Lamb",
       {.every_field = "lamb(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, weight_decay=0.1, use_ema=true, ema_momentum=0.5, "
                       "ema_overwrite_frequency=3, gradient_accumulation_steps=2, style=torch",
        .text = "lamb(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {
              ++s.t;
              s.a += (g - s.a) * 0.2;
              s.b += (g * g - s.b) * 0.01;
              const double r = s.a / (1 - std::pow(0.8, static_cast<double>(s.t))) /
                               (std::sqrt(s.b / (1 - std::pow(0.99, static_cast<double>(s.t)))) + 1e-3);
              s.w -= std::abs(s.w) / std::abs(r) * 0.1 * r;
            },
        .slots = {"momentum", "velocity", "direction"},
        .refusals = {{"lamb(beta_1=1)", "[0, 1)"}}}},
      {"LARS",
       {.every_field = "lars(0.2, momentum=0.8, trust_coefficient=0.1, epsilon=1e-5, nesterov=true, vectors_too=true, weight_decay=0.1, "
                       "use_ema=true, ema_momentum=0.5, ema_overwrite_frequency=3, gradient_accumulation_steps=2",
        .text = "lars(0.1, momentum=0.8, trust_coefficient=0.2, vectors_too=true, weight_decay=0.1)",
        .step =
            [](Hand& s, double g) {
              const double trust = 0.2 * std::abs(s.w) / (std::abs(g) + 0.1 * std::abs(s.w) + 1e-9);
              s.a = 0.8 * s.a + 0.1 * trust * (g + 0.1 * s.w);
              s.w -= s.a;
            },
        .slots = {"momentum"},
        .refusals = {{"lars(trust_coefficient=0)", "positive"}}}},
      {"Muon",  // no matrix here: AdamW
       {.every_field =
            "muon(0.2, adam_beta_1=0.8, adam_beta_2=0.9, adam_weight_decay=0.1, epsilon=1e-5, weight_decay=0.1, use_ema=true, "
            "ema_momentum=0.5, ema_overwrite_frequency=3, gradient_accumulation_steps=2, "
            "exclude_layers=[a], exclude_embeddings=false, muon_a=1, muon_b=2, muon_c=3, adam_lr_ratio=2, momentum=0.5, ns_steps=3, "
            "nesterov=false, rms_rate=none",
        .text = "muon(0.1, adam_beta_1=0.8, adam_beta_2=0.99, epsilon=1e-3, adam_weight_decay=0.3)",
        .step = [](Hand& s, double g) { adam_step(s, g, 0.3); },
        .slots = {"momentum", "velocity"},
        .refusals = {{"muon(momentum=2)", "0 to 1"}, {"muon(ns_steps=-1)", "negative"}}}},
      {"ScheduleFreeAdamW",
       {.every_field = "schedule_free_adamw(0.2, beta_1=0.8, beta_2=0.9, epsilon=1e-5, warmup_steps=3, weight_decay=0.1, use_ema=true, "
                       "ema_momentum=0.5, ema_overwrite_frequency=3, gradient_accumulation_steps=2",
        .text = "schedule_free_adamw(0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3)",
        .step =
            [](Hand& s, double g) {  // a = z, b = v; x from w = (1 - beta_1)*z + beta_1*x
              const auto t = static_cast<double>(++s.t);
              if (s.t == 1) s.a = s.w;
              s.b += (g * g - s.b) * 0.01;
              const double x = (s.w - 0.2 * s.a) / 0.8;
              s.a -= 0.1 * g / (std::sqrt(s.b / (1 - std::pow(0.99, t))) + 1e-3);
              s.w = 0.2 * s.a + 0.8 * ((1 - 1 / t) * x + s.a / t);
            },
        .slots = {"momentum", "velocity"},
        .refusals = {{"schedule_free_adamw(beta_1=0)", "positive"}, {"schedule_free_adamw(warmup_steps=-1)", "negative"}}}},
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
    CHECK(optimizer.slots({}).initial.size() == row.slots.size());
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
    for (const auto& [text, word] : row.refusals) check::refused(text, word, [&text = text] { made(text); });
  check::refused("no such optimizer", "adam", [] { made("adan"); });
}
