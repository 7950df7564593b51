// adafactor.h: Adam's step with second moments kept as rows and columns, no first moment, and a rate relative to the weights' size (Shazeer
// and Stern 2018).
#pragma once

#include "optim/optimizer.h"

namespace lehr {

struct Adafactor {
  static constexpr SpecInfo info{
      .name = "adafactor",
      .class_name = "Adafactor",
      .summary = "little memory: of each matrix's second moments only the means of rows and columns",
      .formula =
          "q = g^2 + epsilon_1, b = 1 - t^beta_2_decay;  matrices: v = r c^T/mean(r) of running means r, c of q's rows and columns\n"
          "u = g/sqrt(v);  w -= max(epsilon_2, rms(w)) * min(learning_rate, 1/sqrt(t)) * u / max(1, rms(u)/clip_threshold)"};
  LearningRate learning_rate = 1e-3;
  double beta_2_decay = -0.8, epsilon_1 = 1e-30, epsilon_2 = 1e-3, clip_threshold = 1;
  bool relative_step = true;
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("beta_2_decay", self.beta_2_decay, "exponent of the moments' decay");
    f("epsilon_1", self.epsilon_1, "added to squared gradients");
    f("epsilon_2", self.epsilon_2, "the least size of a tensor that counts");
    f("clip_threshold", self.clip_threshold, "largest root mean square of a step before it is scaled down");
    f("relative_step", self.relative_step, "as in Keras, where the rate is at most 1/sqrt(t) either way");
    optimizer_option_fields(self, f);
  }
  void check() const { check_positive(info, "clip_threshold", clip_threshold, false); }
  StepRow row(std::int64_t t, double rate) const;
  std::vector<std::string> slot_names() const { return {}; }
  std::int64_t slot_extra(const std::vector<StateTensor>& tensors) const;
  void emit(OptimizerEmission& emission) const;
};

}  // namespace lehr
