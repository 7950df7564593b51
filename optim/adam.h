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
OptimizerRule adam_rule(const Spec& s) {
  for (const double beta : {s.beta_1, s.beta_2})
    if (!(beta >= 0 && beta < 1))
      throw Error({.category = Category::usage,
                   .where = std::string(Spec::info.name),
                   .what = "a beta must lie in [0, 1)",
                   .expected = "0 to below 1",
                   .got = std::to_string(beta)});
  return AdamRule{.one_minus_beta_1 = static_cast<float>(1 - s.beta_1),
                  .one_minus_beta_2 = static_cast<float>(1 - s.beta_2),
                  .epsilon = static_cast<float>(s.epsilon),
                  .amsgrad = s.amsgrad};
}

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
  static constexpr SpecInfo info{.name = "adam",
                                 .class_name = "Adam",
                                 .summary = "steps scaled by running moments of the gradient",
                                 .formula =
                                     "m += (g - m)(1 - beta_1);  v += (g^2 - v)(1 - beta_2);  w -= learning_rate * sqrt(1 - beta_2^t)/(1 - "
                                     "beta_1^t) * m / (sqrt(v) + epsilon)"};
  LearningRate learning_rate = 1e-3;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    adam_fields(self, f);
  }
  OptimizerRule rule() const { return adam_rule(*this); }
  StepRow row(std::int64_t t, double rate) const { return {.a = static_cast<float>(adam_rate(t, rate, beta_1, beta_2))}; }
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
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("weight_decay", self.weight_decay, "decoupled: w -= learning_rate * weight_decay * w before each step");
    f("beta_1", self.beta_1, "decay of the first moment");
    f("beta_2", self.beta_2, "decay of the second moment");
    f("epsilon", self.epsilon, "added to the root of the second moment");
    f("amsgrad", self.amsgrad, "use the largest second moment seen");
    f("clipnorm", self.clipnorm, "each gradient tensor is scaled down to at most this norm");
    f("clipvalue", self.clipvalue, "each gradient element is cut to +- this value");
    f("global_clipnorm", self.global_clipnorm, "all gradients together are scaled down to at most this norm");
  }
  OptimizerRule rule() const { return adam_rule(*this); }
  StepRow row(std::int64_t t, double rate) const { return {.a = static_cast<float>(adam_rate(t, rate, beta_1, beta_2))}; }
  std::vector<std::string> slot_names() const {
    return amsgrad ? std::vector<std::string>{"momentum", "velocity", "velocity_hat"} : std::vector<std::string>{"momentum", "velocity"};
  }
};

}  // namespace lehr
