// optimizer_rules.h: the element-wise update formulas, written once for g++ and nvcc. w: weight, g: gradient (clipped, averaged), s: this
// element's slots (s[0], s[1], ...: one plane of the arena each). Numbers that depend on the step come in a StepRow, computed by the host
// in double. Meaning: keras.optimizers (Keras 3), epsilon where Keras puts it.
#pragma once

#include <cmath>
#include <variant>

#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

/// One element's slots. Planes, not an array an element, so that a loop over elements reads and writes vectors.
struct SlotsAt {
  float* plane[3];
  std::int64_t i;
  LEHR_HD float& operator[](int slot) const { return plane[slot][i]; }
};

/// m <- momentum*m - lr*g; w += m, or with Nesterov w += momentum*m - lr*g. Momentum 0: w -= lr*g, no slot.
struct SgdRule {
  static constexpr int max_slots = 1;
  float momentum = 0;
  bool nesterov = false;
  int slots() const { return momentum == 0 ? 0 : 1; }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    if (momentum == 0) {
      w -= row.learning_rate * g;
      return;
    }
    const float m = momentum * s[0] - row.learning_rate * g;
    s[0] = m;
    w += nesterov ? momentum * m - row.learning_rate * g : m;
  }
};

/// row.a = lr*sqrt(1-b2^t)/(1-b1^t).  m += (g-m)(1-b1); v += (g^2-v)(1-b2); w -= m*a/(sqrt(v)+eps); amsgrad: v's running maximum instead of
/// v.
struct AdamRule {
  static constexpr int max_slots = 3;
  float one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, epsilon = 1e-7F;
  bool amsgrad = false;
  int slots() const { return amsgrad ? 3 : 2; }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += (g - s[0]) * one_minus_beta_1;
    s[1] += (g * g - s[1]) * one_minus_beta_2;
    float v = s[1];
    if (amsgrad) {
      s[2] = s[2] > v ? s[2] : v;
      v = s[2];
    }
    w -= s[0] * row.a / (std::sqrt(v) + epsilon);
  }
};

/// v <- rho*v + (1-rho)g^2; centered: a <- rho*a + (1-rho)g, d = v - a^2 + eps, else d = v + eps; i = lr*g/sqrt(d); momentum: m <- mu*m +
/// i, w -= m; else w -= i.
struct RmspropRule {
  static constexpr int max_slots = 3;  // velocity, momentum, average gradient: those in use, in this order
  float rho = 0.9F, momentum = 0, epsilon = 1e-7F;
  bool centered = false;
  int slots() const { return 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0); }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] = rho * s[0] + (1 - rho) * g * g;
    float d = s[0] + epsilon;
    if (centered) {
      float& a = momentum > 0 ? s[2] : s[1];
      a = rho * a + (1 - rho) * g;
      d = s[0] - a * a + epsilon;
    }
    const float increment = row.learning_rate * g / std::sqrt(d);
    if (momentum > 0) {
      s[1] = momentum * s[1] + increment;
      w -= s[1];
    } else {
      w -= increment;
    }
  }
};

using OptimizerRule = std::variant<SgdRule, AdamRule, RmspropRule>;

}  // namespace lehr
