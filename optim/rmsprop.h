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
                                     "+ (1 - rho)*g; momentum: m <- momentum*m + step, w -= m)"};
  LearningRate learning_rate = 1e-3;
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("rho", self.rho, "decay of the mean square");
    f("momentum", self.momentum, "share of the last step that is kept");
    f("epsilon", self.epsilon, "added under the root");
    f("centered", self.centered, "subtract the squared mean gradient");
    optimizer_option_fields(self, f);
  }
  OptimizerRule rule() const {
    for (const double share : {rho, momentum})
      if (!(share >= 0 && share <= 1))
        throw Error({.category = Category::usage,
                     .where = "rmsprop",
                     .what = "rho and momentum must be shares",
                     .expected = "0 to 1",
                     .got = std::to_string(share)});
    return RmspropRule{.rho = static_cast<float>(rho),
                       .momentum = static_cast<float>(momentum),
                       .epsilon = static_cast<float>(epsilon),
                       .centered = centered};
  }
  StepRow row(std::int64_t, double) const { return {}; }
  std::vector<std::string> slot_names() const {
    std::vector<std::string> names{"velocity"};
    if (momentum > 0) names.emplace_back("momentum");
    if (centered) names.emplace_back("average_gradient");
    return names;
  }
};

}  // namespace lehr
