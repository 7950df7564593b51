// optimizer_rules.h: the element-wise update formulas, written once for g++ and nvcc. w: weight, g: gradient (clipped, averaged), s: this
// element's slots (s[0], s[1], ...: one plane of the arena each). Numbers that depend on the step come in a StepRow, computed by the host
// in double. Meaning: keras.optimizers (Keras 3), epsilon where Keras puts it.
#pragma once

#include <cmath>
#include <variant>

#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

/// How many slots a rule uses: max_slots, unless it says by slots() that its options need fewer.
template <class Rule>
constexpr int slots_of(const Rule& rule) {
  if constexpr (requires { rule.slots(); })
    return rule.slots();
  else
    return Rule::max_slots;
}

/// One element's slots. Planes, not an array an element, so that a loop over elements reads and writes vectors.
struct SlotsAt {
  float* plane[3];
  std::int64_t i;
  LEHR_HD float& operator[](int slot) const { return plane[slot][i]; }
};

/// m <- momentum*m - lr*g; w += m, or with Nesterov w += momentum*m - lr*g. Momentum 0: w -= lr*g, no slot. Plain: m <- momentum*m + g and
/// w -= lr*m, so that a new rate acts at once.
struct SgdRule {
  static constexpr int max_slots = 1;
  float momentum = 0;
  bool nesterov = false, plain = false;
  int slots() const { return momentum == 0 ? 0 : 1; }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    if (momentum == 0) {
      w -= row.learning_rate * g;
      return;
    }
    if (plain) {
      s[0] = momentum * s[0] + g;
      w -= row.learning_rate * (nesterov ? g + momentum * s[0] : s[0]);
      return;
    }
    const float m = momentum * s[0] - row.learning_rate * g;
    s[0] = m;
    w += nesterov ? momentum * m - row.learning_rate * g : m;
  }
};

/// row.a = lr*sqrt(1-b2^t)/(1-b1^t).  m += (g-m)(1-b1); v += (g^2-v)(1-b2); w -= m*a/(sqrt(v)+eps); amsgrad: v's running maximum instead of
/// v. Corrected: eps beside the corrected root, eps*row.b with row.b = sqrt(1-b2^t).
struct AdamRule {
  static constexpr int max_slots = 3;
  float one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, epsilon = 1e-7F;
  bool amsgrad = false, corrected = false;
  int slots() const { return amsgrad ? 3 : 2; }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += (g - s[0]) * one_minus_beta_1;
    s[1] += (g * g - s[1]) * one_minus_beta_2;
    float v = s[1];
    if (amsgrad) {
      s[2] = s[2] > v ? s[2] : v;
      v = s[2];
    }
    w -= s[0] * row.a / (std::sqrt(v) + (corrected ? epsilon * row.b : epsilon));
  }
};

/// v <- rho*v + (1-rho)g^2; centered: a <- rho*a + (1-rho)g, d = v - a^2 + eps, else d = v + eps; i = lr*g/sqrt(d); momentum: m <- mu*m +
/// i, w -= m; else w -= i. Outside: eps beside the root.
struct RmspropRule {
  static constexpr int max_slots = 3;  // velocity, momentum, average gradient: those in use, in this order
  float rho = 0.9F, momentum = 0, epsilon = 1e-7F;
  bool centered = false, outside = false;
  int slots() const { return 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0); }
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] = rho * s[0] + (1 - rho) * g * g;
    const float inside = outside ? 0 : epsilon;
    float d = s[0] + inside;
    if (centered) {
      float& a = momentum > 0 ? s[2] : s[1];
      a = rho * a + (1 - rho) * g;
      d = s[0] - a * a + inside;
    }
    const float increment = row.learning_rate * g / (outside ? std::sqrt(d) + epsilon : std::sqrt(d));
    if (momentum > 0) {
      s[1] = momentum * s[1] + increment;
      w -= s[1];
    } else {
      w -= increment;
    }
  }
};

/// row.a = lr/(1-b1^t).  m += (g-m)(1-b1); u <- max(b2*u, |g|); w -= a*m/(u+eps). Inside: u <- max(b2*u, |g|+eps).
struct AdamaxRule {
  static constexpr int max_slots = 2;
  float one_minus_beta_1 = 0.1F, beta_2 = 0.999F, epsilon = 1e-7F;
  bool inside = false;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += (g - s[0]) * one_minus_beta_1;
    const float size = (g < 0 ? -g : g) + (inside ? epsilon : 0), old = beta_2 * s[1];
    s[1] = old > size ? old : size;
    w -= row.a * s[0] / (s[1] + (inside ? 0 : epsilon));
  }
};

/// row.a: lr times the share of m, row.b: the share of g over that of m, row.c = 1/(1-b2^t).  m, v as Adam; w -= a*(m + b*g)/(sqrt(c*v)+eps).
struct NadamRule {
  static constexpr int max_slots = 2;
  float one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, epsilon = 1e-7F;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += (g - s[0]) * one_minus_beta_1;
    s[1] += (g * g - s[1]) * one_minus_beta_2;
    w -= row.a * (s[0] + row.b * g) / (std::sqrt(s[1] * row.c) + epsilon);
  }
};

/// A += g^2; w -= lr*g/sqrt(A+eps). Outside: eps beside the root.
struct AdagradRule {
  static constexpr int max_slots = 1;
  float epsilon = 1e-7F;
  bool outside = false;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += g * g;
    w -= row.learning_rate * g / (outside ? std::sqrt(s[0]) + epsilon : std::sqrt(s[0] + epsilon));
  }
};

/// A <- rho*A + (1-rho)g^2; d = -sqrt(D+eps)*g/sqrt(A+eps); D <- rho*D + (1-rho)d^2; w += lr*d.
struct AdadeltaRule {
  static constexpr int max_slots = 2;
  float rho = 0.95F, one_minus_rho = 0.05F, epsilon = 1e-7F;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] = rho * s[0] + one_minus_rho * g * g;
    const float d = -std::sqrt(s[1] + epsilon) * g / std::sqrt(s[0] + epsilon);
    s[1] = rho * s[1] + one_minus_rho * d * d;
    w += row.learning_rate * d;
  }
};

/// A' = A + g^2; z += g + 2*shrinkage*w - (A'^p - A^p)/lr*w; q = A'^p/lr + 2*l2 + beta/lr; w = (clip(z, -l1, l1) - z)/q, p = -lr_power.
/// Rate 0 changes nothing.
struct FtrlRule {
  static constexpr int max_slots = 2;  // accumulator, linear
  float power = 0.5F, l1 = 0, l2 = 0, shrinkage = 0, beta = 0;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    const float lr = row.learning_rate, grown = s[0] + g * g;
    const float after = power == 0.5F ? std::sqrt(grown) : std::pow(grown, power);
    const float before = power == 0.5F ? std::sqrt(s[0]) : std::pow(s[0], power);
    const float z = s[1] + g + 2 * shrinkage * w - (after - before) / lr * w;
    const float clipped = z < -l1 ? -l1 : (z > l1 ? l1 : z);
    const float next = (clipped - z) / (after / lr + 2 * l2 + beta / lr);
    s[0] = grown;
    s[1] = lr == 0 ? s[1] : z;
    w = lr == 0 ? w : next;
  }
};

/// w -= lr*sign(b1*m + (1-b1)g); m <- b2*m + (1-b2)g; sign(0) = 0.
struct LionRule {
  static constexpr int max_slots = 1;
  float beta_1 = 0.9F, beta_2 = 0.99F;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    const float c = beta_1 * s[0] + (1 - beta_1) * g;
    s[0] = beta_2 * s[0] + (1 - beta_2) * g;
    w -= row.learning_rate * (c > 0 ? 1.0F : (c < 0 ? -1.0F : 0.0F));
  }
};

/// Schedule-free AdamW (Defazio et al. 2024): w is y, where gradients are taken; s[0] = z, the steps' own sequence, s[1] = v. row.a = lr,
/// row.b = c_t, z's share of the average, row.c = 1/(1-b2^t), row.decay = lr*weight_decay, which has left y already and belongs to z's step.
///   v += (g^2-v)(1-b2); d = a*g/(sqrt(c*v)+eps) + decay*y;  y += b*(z - y) - (1 - b1*(1-b))*d;  z -= d.   z begins as y.
struct ScheduleFreeRule {
  static constexpr int max_slots = 2;
  float beta_1 = 0.9F, one_minus_beta_2 = 0.001F, epsilon = 1e-8F;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    const float y = w / (1 - row.decay), z = row.b == 1 ? y : s[0];
    s[1] += (g * g - s[1]) * one_minus_beta_2;
    const float d = row.a * g / (std::sqrt(s[1] * row.c) + epsilon) + row.decay * y;
    w = y + (row.b * (z - y) - (1 - beta_1 * (1 - row.b)) * d);
    s[0] = z - d;
  }
};

/// LAMB's direction (You et al. 2020), before its norm is known: row.a = 1/(1-b1^t), row.c = 1/(1-b2^t).  m, v as Adam;
/// s[2] = a*m/(sqrt(c*v)+eps) + coupled*w.
struct LambRule {
  static constexpr int max_slots = 3;
  float one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, epsilon = 1e-7F, coupled = 0;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    s[0] += (g - s[0]) * one_minus_beta_1;
    s[1] += (g * g - s[1]) * one_minus_beta_2;
    s[2] = row.a * s[0] / (std::sqrt(s[1] * row.c) + epsilon) + coupled * w;
  }
};

/// LARS (You et al. 2017): g comes times the segment's trust.  m <- momentum*m + lr*(g + row.factor*decay*w); w -= m, or with Nesterov
/// w -= momentum*m + lr*(...).
struct LarsRule {
  static constexpr int max_slots = 1;
  float momentum = 0.9F, decay = 0;
  bool nesterov = false;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    const float step = row.learning_rate * (g + row.factor * decay * w);
    s[0] = momentum * s[0] + step;
    w -= nesterov ? momentum * s[0] + step : s[0];
  }
};

/// Muon's direction before its orthogonalization: m <- momentum*m + g; s[1] = g + momentum*m with Nesterov, else m.
struct MuonRule {
  static constexpr int max_slots = 2;
  float momentum = 0.95F;
  bool nesterov = true;
  LEHR_HD void operator()(float&, float g, SlotsAt s, const StepRow&) const {
    s[0] = momentum * s[0] + g;
    s[1] = nesterov ? g + momentum * s[0] : s[0];
  }
};

/// Nothing: the step only decays the weights.
struct DecayRule {
  static constexpr int max_slots = 0;
  LEHR_HD void operator()(float&, float, SlotsAt, const StepRow&) const {}
};

/// w = g: a scaled copy, with the segment's factor in g.
struct CopyRule {
  static constexpr int max_slots = 0;
  LEHR_HD void operator()(float& w, float g, SlotsAt, const StepRow&) const { w = g; }
};

/// The running average of the weights: s[0] += row.average*(w - s[0]), and w = s[0] where row.overwrite is set.
struct AverageRule {
  static constexpr int max_slots = 1;
  LEHR_HD void operator()(float& w, float, SlotsAt s, const StepRow& row) const {
    s[0] = row.average == 1 ? w : (1 - row.average) * s[0] + row.average * w;
    w = row.overwrite != 0 ? s[0] : w;
  }
};

/// Gradients of several steps: w is the gradient's own place. s[0] += g until row.apply; then w = (s[0] + g)*share, s[0] = 0.
struct AccumulateRule {
  static constexpr int max_slots = 1;
  float share = 1;
  LEHR_HD void operator()(float& w, float g, SlotsAt s, const StepRow& row) const {
    const float sum = s[0] + g;
    w = row.apply != 0 ? sum * share : g;
    s[0] = row.apply != 0 ? 0 : sum;
  }
};

using OptimizerRule = std::variant<SgdRule, AdamRule, RmspropRule, AdamaxRule, NadamRule, AdagradRule, AdadeltaRule, FtrlRule, LionRule,
                                   ScheduleFreeRule, LambRule, LarsRule, MuonRule, DecayRule, CopyRule, AverageRule, AccumulateRule>;

}  // namespace lehr
