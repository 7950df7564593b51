// adam_family.h: Adam's relatives: Adamax (its infinity norm; Kingma and Ba 2015), Nadam (Nesterov's momentum; Dozat 2016), Lion (signs; Chen
// et al. 2023) and schedule-free AdamW (Defazio et al. 2024).
#pragma once

#include <cmath>

#include "optim/adam.h"

namespace lehr {

struct Adamax {
  static constexpr SpecInfo info{
      .name = "adamax",
      .class_name = "Adamax",
      .summary = "Adam with the largest gradient instead of the mean square",
      .formula =
          "m += (g - m)(1 - beta_1);  u <- max(beta_2*u, |g|);  w -= learning_rate/(1 - beta_1^t) * m/(u + epsilon)\n"
          "style=torch, paper: u <- max(beta_2*u, |g| + epsilon);  w -= learning_rate/(1 - beta_1^t) * m/u"};
  LearningRate learning_rate = 1e-3;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("beta_1", self.beta_1, "decay of the first moment");
    f("beta_2", self.beta_2, "decay of the second moment");
    f("epsilon", self.epsilon, "added to the root of the second moment");
    optimizer_option_fields(self, f);
    f("style", self.style, "torch, paper: epsilon inside the maximum");
  }
  void check() const { check_betas(*this); }
  OptimizerRule rule() const {
    return AdamaxRule{.one_minus_beta_1 = static_cast<float>(1 - beta_1),
                      .beta_2 = static_cast<float>(beta_2),
                      .epsilon = static_cast<float>(epsilon),
                      .inside = style != Style::keras};
  }
  StepRow row(std::int64_t t, double rate) const {
    return {.a = static_cast<float>(rate / (1 - std::pow(static_cast<double>(static_cast<float>(beta_1)), static_cast<double>(t))))};
  }
  std::vector<std::string> slot_names() const { return {"momentum", "norm"}; }
};

/// u_1 * ... * u_t of Nadam, u_k = beta_1*(1 - 0.96^(k*pace)/2).
double nadam_product(std::int64_t t, double beta_1, double pace);

struct Nadam {
  static constexpr SpecInfo info{.name = "nadam",
                                 .class_name = "Nadam",
                                 .summary = "Adam that looks ahead along its momentum",
                                 .formula =
                                     "u_t = beta_1*(1 - 0.96^t/2), U = u_1*...*u_t;  m, v as adam\n"
                                     "w -= learning_rate * (u_(t+1)*m/(1 - U*u_(t+1)) + (1 - u_t)*g/(1 - U)) / (sqrt(v/(1 - beta_2^t)) + "
                                     "epsilon)\n"
                                     "style=torch, paper: 0.96^(t/250)"};
  LearningRate learning_rate = 1e-3;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("beta_1", self.beta_1, "decay of the first moment");
    f("beta_2", self.beta_2, "decay of the second moment");
    f("epsilon", self.epsilon, "added to the root of the second moment");
    optimizer_option_fields(self, f);
    f("style", self.style, "torch, paper: the momentum rises 250 times slower");
  }
  void check() const { check_betas(*this); }
  OptimizerRule rule() const {
    return NadamRule{.one_minus_beta_1 = 1 - static_cast<float>(beta_1),
                     .one_minus_beta_2 = 1 - static_cast<float>(beta_2),
                     .epsilon = static_cast<float>(epsilon)};
  }
  StepRow row(std::int64_t t, double rate) const;
  std::vector<std::string> slot_names() const { return {"momentum", "velocity"}; }
};

struct Lion {
  static constexpr SpecInfo info{.name = "lion",
                                 .class_name = "Lion",
                                 .summary = "the sign of a momentum: every weight moves by the same amount",
                                 .formula = "w -= learning_rate * sign(beta_1*m + (1 - beta_1)*g);  m <- beta_2*m + (1 - beta_2)*g"};
  LearningRate learning_rate = 1e-3;
  double beta_1 = 0.9, beta_2 = 0.99;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("beta_1", self.beta_1, "share of the momentum in the step");
    f("beta_2", self.beta_2, "decay of the momentum");
    optimizer_option_fields(self, f);
  }
  void check() const {
    check_share(info, "beta_1", beta_1, true);
    check_share(info, "beta_2", beta_2, true);
  }
  OptimizerRule rule() const { return LionRule{.beta_1 = static_cast<float>(beta_1), .beta_2 = static_cast<float>(beta_2)}; }
  std::vector<std::string> slot_names() const { return {"momentum"}; }
};

struct ScheduleFreeAdamW {
  static constexpr SpecInfo info{
      .name = "schedule_free_adamw",
      .class_name = "ScheduleFreeAdamW",
      .summary = "AdamW that needs no schedule: trains between a fast sequence z and its average x, evaluates at x",
      .formula =
          "v += (g^2 - v)(1 - beta_2);  s = min(t/warmup_steps, 1)\n"
          "z -= learning_rate*s*(g/(sqrt(v/(1 - beta_2^t)) + epsilon) + weight_decay*w)\n"
          "x += (z - x)*s^2/(sum of s^2 so far);  w = (1 - beta_1)*z + beta_1*x trains, x is evaluated"};
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
  int warmup_steps = 0;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("beta_1", self.beta_1, "share of the average in the weights that train");
    f("beta_2", self.beta_2, "decay of the second moment");
    f("epsilon", self.epsilon, "added to the root of the second moment");
    f("warmup_steps", self.warmup_steps, "steps over which the rate rises linearly");
    f("weight_decay", self.weight_decay, "z -= learning_rate * weight_decay * w");
    clip_and_average_fields(self, f);
  }
  void check() const {
    check_betas(*this);
    check_positive(info, "beta_1", beta_1, false);
    check_positive(info, "warmup_steps", warmup_steps, true);
  }
  OptimizerRule rule() const {
    return ScheduleFreeRule{
        .beta_1 = static_cast<float>(beta_1), .one_minus_beta_2 = 1 - static_cast<float>(beta_2), .epsilon = static_cast<float>(epsilon)};
  }
  bool decays_itself() const { return true; }
  StepRow row(std::int64_t t, double rate) const;
  std::vector<std::string> slot_names() const { return {"momentum", "velocity"}; }
  double extrapolation() const { return 1 / beta_1 - 1; }
};

}  // namespace lehr
