// layerwise.h: optimizers that scale each tensor's step by its norms: LAMB (You et al. 2020) and LARS (You et al. 2017), for large batches.
#pragma once

#include "optim/adam.h"

namespace lehr {

struct Lamb {
  static constexpr SpecInfo info{
      .name = "lamb",
      .class_name = "Lamb",
      .summary = "Adam whose step is as long as the tensor it changes, times the rate",
      .formula =
          "r = m/(1 - beta_1^t) / (sqrt(v/(1 - beta_2^t)) + epsilon), m, v as adam;  w -= learning_rate * |w|/|r| * r\n"
          "style=torch, paper: r has weight_decay*w added, instead of decaying before"};
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
    f("style", self.style, "torch, paper: weight decay inside the direction");
  }
  void check() const { check_betas(*this); }
  bool decays_itself() const { return style != Style::keras; }
  StepRow row(std::int64_t t, double rate) const;
  // The third plane holds r between its two passes.
  std::vector<std::string> slot_names() const { return {"momentum", "velocity", "direction"}; }
  bool keeps(std::size_t plane, const StateTensor&) const { return plane != 2; }
  void emit(OptimizerEmission& emission) const;
};

struct LARS {
  static constexpr SpecInfo info{.name = "lars",
                                 .class_name = "LARS",
                                 .summary = "momentum with a rate for each tensor, by its own norm over that of its gradient",
                                 .formula =
                                     "trust = trust_coefficient*|w| / (|g| + weight_decay*|w| + epsilon), 1 for biases and other vectors\n"
                                     "m <- momentum*m + learning_rate*trust*(g + weight_decay*w);  w -= m"};
  LearningRate learning_rate = 0.1;
  double momentum = 0.9, trust_coefficient = 1e-3, epsilon = 1e-9;
  bool nesterov = false, vectors_too = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("momentum", self.momentum, "share of the last step that is kept");
    f("trust_coefficient", self.trust_coefficient, "how far a tensor may move, as a share of its norm");
    f("epsilon", self.epsilon, "added to the gradient's norm");
    f("nesterov", self.nesterov, "look ahead along the momentum");
    f("vectors_too", self.vectors_too, "biases and normalizations adapt as well");
    f("weight_decay", self.weight_decay, "coupled: weight_decay * w is added to the gradient");
    clip_and_average_fields(self, f);
  }
  void check() const {
    check_share(info, "momentum", momentum, true);
    check_positive(info, "trust_coefficient", trust_coefficient, false);
  }
  bool decays_itself() const { return true; }
  std::vector<std::string> slot_names() const { return {"momentum"}; }
  void emit(OptimizerEmission& emission) const;
};

}  // namespace lehr
