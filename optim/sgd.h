// sgd.h: gradient descent, with momentum and Nesterov's form of it.
#pragma once

#include "optim/optimizer.h"

namespace lehr {

struct SGD {
  static constexpr SpecInfo info{.name = "sgd",
                                 .class_name = "SGD",
                                 .summary = "gradient descent with momentum",
                                 .formula =
                                     "m <- momentum*m - learning_rate*g;  w += m  (nesterov: w += momentum*m - learning_rate*g)\n"
                                     "style=torch, paper: m <- momentum*m + g;  w -= learning_rate*m  (nesterov: "
                                     "learning_rate*(g + momentum*m))"};
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  Style style = Style::keras;

  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("momentum", self.momentum, "share of the last step that is kept, in [0, 1]");
    f("nesterov", self.nesterov, "look ahead along the momentum");
    optimizer_option_fields(self, f);
    f("style", self.style, "torch: the momentum keeps gradients instead of steps, so that a new rate acts at once");
  }
  void check() const { check_share(info, "momentum", momentum, true); }
  OptimizerRule rule() const {
    return SgdRule{.momentum = static_cast<float>(momentum), .nesterov = nesterov, .plain = style != Style::keras};
  }
  std::vector<std::string> slot_names() const { return momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"momentum"}; }
};

}  // namespace lehr
