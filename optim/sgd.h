// sgd.h: gradient descent, with momentum and Nesterov's form of it.
#pragma once

#include "optim/optimizer.h"

namespace lehr {

struct SGD {
  static constexpr SpecInfo info{.name = "sgd",
                                 .class_name = "SGD",
                                 .summary = "gradient descent with momentum",
                                 .formula = "m <- momentum*m - learning_rate*g;  w += m  (nesterov: w += momentum*m - learning_rate*g)"};
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};

  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("momentum", self.momentum, "share of the last step that is kept, in [0, 1]");
    f("nesterov", self.nesterov, "look ahead along the momentum");
    optimizer_option_fields(self, f);
  }
  OptimizerRule rule() const {
    if (momentum < 0 || momentum > 1)
      throw Error({.category = Category::usage,
                   .where = "sgd",
                   .what = "momentum must be a share",
                   .expected = "0 to 1",
                   .got = std::to_string(momentum)});
    return SgdRule{.momentum = static_cast<float>(momentum), .nesterov = nesterov};
  }
  StepRow row(std::int64_t, double) const { return {}; }
  std::vector<std::string> slot_names() const { return momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"momentum"}; }
};

}  // namespace lehr
