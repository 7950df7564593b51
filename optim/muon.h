// muon.h: momentum whose matrices are made orthogonal by Newton-Schulz iterations (Jordan et al. 2024; rates of Liu et al. 2025); AdamW for all
// that is no matrix.
#pragma once

#include "optim/adam.h"

namespace lehr {

struct Muon {
  static constexpr SpecInfo info{
      .name = "muon",
      .class_name = "Muon",
      .summary = "orthogonal steps for matrices, AdamW for everything else",
      .formula =
          "m <- momentum*m + g;  X = (g + momentum*m)/|.| (nesterov; else m/|.|);  ns_steps times X <- a*X + (b*A + c*A^2) X with A = X "
          "X^T\n"
          "w -= learning_rate * rms_rate*sqrt(max(rows, columns)) * X;  vectors, convolutions and exclude_layers: adamw"};
  LearningRate learning_rate = 1e-3;
  double adam_beta_1 = 0.9, adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
  std::vector<std::string> exclude_layers = {};
  bool exclude_embeddings = true;
  double muon_a = 3.4445, muon_b = -4.7750, muon_c = 2.0315, adam_lr_ratio = 1, momentum = 0.95;
  int ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("learning_rate", self.learning_rate, "step size: a number or a schedule");
    f("adam_beta_1", self.adam_beta_1, "AdamW: decay of the first moment");
    f("adam_beta_2", self.adam_beta_2, "AdamW: decay of the second moment");
    f("adam_weight_decay", self.adam_weight_decay, "AdamW: decoupled weight decay");
    f("epsilon", self.epsilon, "AdamW: added to the root of the second moment");
    f("weight_decay", self.weight_decay, "of the matrices, decoupled");
    clip_and_average_fields(self, f);
    f("exclude_layers", self.exclude_layers, "parts of the names of layers that AdamW trains, as the output's");
    f("exclude_embeddings", self.exclude_embeddings, "AdamW trains embeddings");
    f("muon_a", self.muon_a, "a");
    f("muon_b", self.muon_b, "b");
    f("muon_c", self.muon_c, "c");
    f("adam_lr_ratio", self.adam_lr_ratio, "AdamW's rate over the matrices'");
    f("momentum", self.momentum, "of the matrices");
    f("ns_steps", self.ns_steps, "Newton-Schulz iterations");
    f("nesterov", self.nesterov, "look ahead along the momentum");
    f("rms_rate", self.rms_rate, "root mean square of a step at rate 1; none: steps of norm 1 in every direction");
  }
  void check() const;
  bool decays_itself() const { return true; }
  StepRow row(std::int64_t t, double rate) const;
  std::vector<std::string> slot_names() const { return {"momentum", "velocity"}; }  // a matrix has its direction in the second
  bool keeps(std::size_t plane, const StateTensor& tensor) const { return plane != 1 || !orthogonalizes(tensor); }
  void emit(OptimizerEmission& emission) const;
  bool orthogonalizes(const StateTensor& tensor) const;
};

}  // namespace lehr
