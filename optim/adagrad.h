// adagrad.h: rates that shrink with the gradients seen: Adagrad (Duchi et al. 2011), Adadelta (Zeiler 2012), FTRL (McMahan et al. 2013).
#pragma once

#include "optim/optimizer.h"

namespace lehr {

struct Adagrad {
  static constexpr SpecInfo info{.name = "adagrad",
                                 .class_name = "Adagrad",
                                 .summary = "each weight's steps shrink with the sum of its squared gradients",
                                 .formula =
                                     "A += g^2;  w -= learning_rate*g/sqrt(A + epsilon)\n"
                                     "style=torch, paper: w -= learning_rate*g/(sqrt(A) + epsilon)"};
  LearningRate learning_rate = 1e-3;
  double initial_accumulator_value = 0.1, epsilon = 1e-7;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("initial_accumulator_value", self.initial_accumulator_value, "A before the first step");
    f("epsilon", self.epsilon, "added under the root");
    optimizer_option_fields(self, f);
    f("style", self.style, "torch, paper: epsilon beside the root");
  }
  void check() const { check_positive(info, "initial_accumulator_value", initial_accumulator_value, true); }
  OptimizerRule rule() const { return AdagradRule{.epsilon = static_cast<float>(epsilon), .outside = style != Style::keras}; }
  std::vector<std::string> slot_names() const { return {"accumulator"}; }
  std::vector<float> slot_initial() const { return {static_cast<float>(initial_accumulator_value)}; }
};

struct Adadelta {
  static constexpr SpecInfo info{
      .name = "adadelta",
      .class_name = "Adadelta",
      .summary = "steps as large as the last ones, scaled by running mean squares of gradients and of steps",
      .formula =
          "A <- rho*A + (1 - rho)*g^2;  d = -sqrt(D + epsilon)*g/sqrt(A + epsilon);  D <- rho*D + (1 - rho)*d^2;  w += "
          "learning_rate*d"};
  LearningRate learning_rate = 1e-3;
  double rho = 0.95, epsilon = 1e-7;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("rho", self.rho, "decay of both means");
    f("epsilon", self.epsilon, "added under the roots");
    optimizer_option_fields(self, f);
  }
  void check() const { check_share(info, "rho", rho, true); }
  OptimizerRule rule() const {
    return AdadeltaRule{
        .rho = static_cast<float>(rho), .one_minus_rho = static_cast<float>(1 - rho), .epsilon = static_cast<float>(epsilon)};
  }
  std::vector<std::string> slot_names() const { return {"accumulated_grad", "accumulated_delta_var"}; }
};

struct Ftrl {
  static constexpr SpecInfo info{.name = "ftrl",
                                 .class_name = "Ftrl",
                                 .summary = "follow the regularized leader: sparse weights under l1",
                                 .formula =
                                     "A' = A + g^2;  z += g + 2*shrinkage*w - (A'^p - A^p)/learning_rate*w, p = -learning_rate_power\n"
                                     "w = (clip(z, -l1, l1) - z) / (A'^p/learning_rate + 2*l2 + beta/learning_rate)"};
  LearningRate learning_rate = 1e-3;
  double learning_rate_power = -0.5, initial_accumulator_value = 0.1, l1_regularization_strength = 0, l2_regularization_strength = 0,
         l2_shrinkage_regularization_strength = 0, beta = 0;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("learning_rate_power", self.learning_rate_power, "how the rate falls with A: 0 keeps it");
    f("initial_accumulator_value", self.initial_accumulator_value, "A before the first step");
    f("l1_regularization_strength", self.l1_regularization_strength, "l1");
    f("l2_regularization_strength", self.l2_regularization_strength, "l2");
    f("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength, "shrinkage: a penalty on the weight's size");
    f("beta", self.beta, "added to the root of A");
    optimizer_option_fields(self, f);
  }
  void check() const {
    check_positive(info, "initial_accumulator_value", initial_accumulator_value, true);
    check_positive(info, "-learning_rate_power", -learning_rate_power, true);
    check_positive(info, "l1_regularization_strength", l1_regularization_strength, true);
    check_positive(info, "l2_regularization_strength", l2_regularization_strength, true);
    check_positive(info, "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, true);
  }
  OptimizerRule rule() const {
    return FtrlRule{.power = static_cast<float>(-learning_rate_power),
                    .l1 = static_cast<float>(l1_regularization_strength),
                    .l2 = static_cast<float>(l2_regularization_strength),
                    .shrinkage = static_cast<float>(l2_shrinkage_regularization_strength),
                    .beta = static_cast<float>(beta)};
  }
  std::vector<std::string> slot_names() const { return {"accumulator", "linear"}; }
  std::vector<float> slot_initial() const { return {static_cast<float>(initial_accumulator_value), 0}; }
};

}  // namespace lehr
