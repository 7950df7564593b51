// adam.h: Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), epsilon where Keras puts it: beside the uncorrected sqrt(v).
#pragma once

#include <cmath>

#include "optim/optimizer.h"

namespace lehr {

/// alpha of step t: learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t). Betas are float32, as Keras holds them.
inline double adam_rate(std::int64_t t, double rate, double beta_1, double beta_2) {
  const double b1 = static_cast<float>(beta_1), b2 = static_cast<float>(beta_2), n = static_cast<double>(t);
  return rate * std::sqrt(1 - std::pow(b2, n)) / (1 - std::pow(b1, n));
}

template <class Spec>
void check_betas(const Spec& s) {
  check_share(Spec::info, "beta_1", s.beta_1, false);
  check_share(Spec::info, "beta_2", s.beta_2, false);
  check_positive(Spec::info, "epsilon", s.epsilon, true);
}

template <class Spec>
OptimizerRule adam_rule(const Spec& s) {
  return AdamRule{.one_minus_beta_1 = static_cast<float>(1 - s.beta_1),
                  .one_minus_beta_2 = static_cast<float>(1 - s.beta_2),
                  .epsilon = static_cast<float>(s.epsilon),
                  .amsgrad = s.amsgrad,
                  .corrected = s.style != Style::keras};
}
inline StepRow adam_row(std::int64_t t, double rate, double beta_1, double beta_2) {
  return {.a = static_cast<float>(adam_rate(t, rate, beta_1, beta_2)),
          .b = static_cast<float>(std::sqrt(1 - std::pow(static_cast<double>(static_cast<float>(beta_2)), static_cast<double>(t))))};
}
inline constexpr std::string_view adam_formula =
    "m += (g - m)(1 - beta_1);  v += (g^2 - v)(1 - beta_2);  w -= learning_rate * sqrt(1 - beta_2^t)/(1 - beta_1^t) * m / (sqrt(v) + "
    "epsilon)\n"
    "amsgrad: the largest v so far instead of v\n"
    "style=torch, paper: epsilon beside the corrected root: w -= learning_rate * m/(1 - beta_1^t) / (sqrt(v/(1 - beta_2^t)) + epsilon)";

template <class Self, class F>
void adam_fields(Self& self, F&& f) {
  f("learning_rate", self.learning_rate, "step size: a number or a schedule");
  f("beta_1", self.beta_1, "decay of the first moment");
  f("beta_2", self.beta_2, "decay of the second moment");
  f("epsilon", self.epsilon, "added to the root of the second moment");
  f("amsgrad", self.amsgrad, "use the largest second moment seen");
  optimizer_option_fields(self, f);
}

struct Adam {
  static constexpr SpecInfo info{
      .name = "adam", .class_name = "Adam", .summary = "steps scaled by running moments of the gradient", .formula = adam_formula};
  LearningRate learning_rate = 1e-3;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    adam_fields(self, f);
    f("style", self.style, "torch, paper: epsilon beside the corrected root");
  }
  void check() const { check_betas(*this); }
  OptimizerRule rule() const { return adam_rule(*this); }
  StepRow row(std::int64_t t, double rate) const { return adam_row(t, rate, beta_1, beta_2); }
  std::vector<std::string> slot_names() const {
    return amsgrad ? std::vector<std::string>{"momentum", "velocity", "velocity_hat"} : std::vector<std::string>{"momentum", "velocity"};
  }
};

struct AdamW {
  static constexpr SpecInfo info{.name = "adamw",
                                 .class_name = "AdamW",
                                 .summary = "Adam with decoupled weight decay",
                                 .formula = "w -= learning_rate * weight_decay * w;  then as adam"};
  LearningRate learning_rate = 1e-3;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("weight_decay", self.weight_decay, "decoupled: w -= learning_rate * weight_decay * w before each step");
    f("beta_1", self.beta_1, "decay of the first moment");
    f("beta_2", self.beta_2, "decay of the second moment");
    f("epsilon", self.epsilon, "added to the root of the second moment");
    f("amsgrad", self.amsgrad, "use the largest second moment seen");
    clip_and_average_fields(self, f);
    f("style", self.style, "torch, paper: epsilon beside the corrected root");
  }
  void check() const { check_betas(*this); }
  OptimizerRule rule() const { return adam_rule(*this); }
  StepRow row(std::int64_t t, double rate) const { return adam_row(t, rate, beta_1, beta_2); }
  std::vector<std::string> slot_names() const {
    return amsgrad ? std::vector<std::string>{"momentum", "velocity", "velocity_hat"} : std::vector<std::string>{"momentum", "velocity"};
  }
};

}  // namespace lehr
