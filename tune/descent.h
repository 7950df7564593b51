// descent.h: gradient descent where everything is known: one weight w, one sample, the loss J(w) = w^2. The steps are the optimizer's own, of
// an ordinary model (dense(1), mean squared error, x = 1, y = 0); the closed form they are checked against is w_k = (1 - 2 rate)^k w_0.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tune/history.h"
#include "tune/plot/figure.h"

namespace lehr {

struct Descent {
  double rate = 0;
  std::vector<double> weights = {};  ///< w_0, then after each step
  std::vector<double> losses = {};   ///< J at each of them
  /// The greatest distance between a step's weight and the closed form's, as a share of that: float32 rounding where all is well.
  double error = 0;
  bool holds() const { return error < 1e-5; }
  History history() const;  ///< loss by step, as a verdict reads it
};

/// The weight that J's steps hold: (1 - 2 rate)^step * start.
double closed_form(double rate, double start, std::int64_t step);

Descent descend(double rate, double start, std::int64_t steps);

/// The bowl with the steps on it, one panel a rate, and the loss by step of all beside its closed form.
plot::Figure descent_figure(std::span<const Descent> descents, const std::string& title);
std::string descent_csv(std::span<const Descent> descents);  ///< rate,step,weight,loss,closed_form
std::string descent_text(std::span<const Descent> descents);

}  // namespace lehr
