// optimizer_step.h: Keras's SGD, Adam and RMSprop for one weight in float64, as the papers and keras.optimizers write them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace lehr::reference {

struct Weight {
  double w = 0;
  std::vector<double> s = {0, 0, 0};
};

inline void sgd(Weight& p, double g, double lr, double momentum, bool nesterov) {
  p.s[0] = momentum * p.s[0] - lr * g;
  p.w += nesterov ? momentum * p.s[0] - lr * g : p.s[0];
}

/// t counts from 1.
inline void adam(Weight& p, double g, double lr, double b1, double b2, double eps, bool amsgrad, int t) {
  p.s[0] = b1 * p.s[0] + (1 - b1) * g;
  p.s[1] = b2 * p.s[1] + (1 - b2) * g * g;
  p.s[2] = std::max(p.s[2], p.s[1]);
  const double v = amsgrad ? p.s[2] : p.s[1];
  p.w -= lr * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t)) * p.s[0] / (std::sqrt(v) + eps);
}

/// s: velocity, momentum, average gradient.
inline void rmsprop(Weight& p, double g, double lr, double rho, double momentum, double eps, bool centered) {
  p.s[0] = rho * p.s[0] + (1 - rho) * g * g;
  p.s[2] = rho * p.s[2] + (1 - rho) * g;
  const double d = p.s[0] + eps - (centered ? p.s[2] * p.s[2] : 0);
  p.s[1] = momentum * p.s[1] + lr * g / std::sqrt(d);
  p.w -= p.s[1];
}

}  // namespace lehr::reference
