// rmsprop.h: steps scaled by a running mean of squared gradients (Hinton's lecture), epsilon inside the root as in Keras.
#pragma once

#include "optim/optimizer.h"

namespace lehr {

struct RMSprop {
  static constexpr SpecInfo info{.name = "rmsprop",
                                 .class_name = "RMSprop",
                                 .summary = "steps scaled by a running mean of squared gradients",
                                 .formula =
                                     "v <- rho*v + (1 - rho)*g^2;  w -= learning_rate*g/sqrt(v + epsilon)  (centered: v - a^2, a <- rho*a "
                                     "+ (1 - rho)*g; momentum: m <- momentum*m + step, w -= m)\n"
                                     "style=torch, paper: w -= learning_rate*g/(sqrt(v) + epsilon)"};
  LearningRate learning_rate = 1e-3;
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("rho", self.rho, "decay of the mean square");
    f("momentum", self.momentum, "share of the last step that is kept");
    f("epsilon", self.epsilon, "added under the root");
    f("centered", self.centered, "subtract the squared mean gradient");
    optimizer_option_fields(self, f);
    f("style", self.style, "torch, paper: epsilon beside the root");
  }
  void check() const {
    check_share(info, "rho", rho, true);
    check_share(info, "momentum", momentum, true);
  }
  OptimizerRule rule() const {
    return RmspropRule{.rho = static_cast<float>(rho),
                       .momentum = static_cast<float>(momentum),
                       .epsilon = static_cast<float>(epsilon),
                       .centered = centered,
                       .outside = style != Style::keras};
  }
  std::vector<std::string> slot_names() const {
    std::vector<std::string> names{"velocity"};
    if (momentum > 0) names.emplace_back("momentum");
    if (centered) names.emplace_back("average_gradient");
    return names;
  }
};

}  // namespace lehr
