#include "kernels/problems/optimizer_rules.h"

#include <algorithm>
#include <cmath>

#include "kernels/problems/words.h"

namespace lehr::check {
namespace {

using Slots = std::vector<double>;

constexpr std::pair<double, double> first_moment{-0.3, 0.3}, second_moment{0.2, 1};
constexpr double b1 = 0.9, b2 = 0.999, eps = 1e-7;

/// What the words of a problem say.
struct Words {
  double momentum;
  bool flag;   ///< nesterov, amsgrad, centered
  bool keras;  ///< style=keras; else PyTorch's or the paper's form
  int t;
  double correction(double beta) const { return 1 - std::pow(beta, t); }
};

double moving(double& average, double value, double beta) { return average = beta * average + (1 - beta) * value; }

RuleCase sgd(const Words& o) {
  RuleCase c{.rule = SgdRule{.momentum = static_cast<float>(o.momentum), .nesterov = o.flag, .plain = !o.keras}};
  if (o.momentum != 0) c.slots = {first_moment};
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    if (o.momentum == 0) {
      w -= step.rate * g;
    } else if (o.keras) {
      s[0] = o.momentum * s[0] - step.rate * g;
      w += o.flag ? o.momentum * s[0] - step.rate * g : s[0];
    } else {  // torch.optim.SGD
      s[0] = o.momentum * s[0] + g;
      w -= step.rate * (o.flag ? g + o.momentum * s[0] : s[0]);
    }
  };
  return c;
}

RuleCase adam(const Words& o) {
  RuleCase c{.rule = AdamRule{.amsgrad = o.flag, .corrected = !o.keras}, .slots = {first_moment, second_moment}};
  if (o.flag) c.slots.push_back(second_moment);
  c.row.a = static_cast<float>(c.rate * std::sqrt(o.correction(b2)) / o.correction(b1));
  c.row.b = static_cast<float>(std::sqrt(o.correction(b2)));
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    const double m = moving(s[0], g, b1);
    double v = moving(s[1], g * g, b2);
    if (o.flag) v = s[2] = std::max(s[2], v);
    if (o.keras)
      w -= step.rate * std::sqrt(o.correction(b2)) / o.correction(b1) * m / (std::sqrt(v) + eps);
    else
      w -= step.rate * (m / o.correction(b1)) / (std::sqrt(v / o.correction(b2)) + eps);
  };
  return c;
}

// Planes: velocity, then the momentum and the average gradient where they are in use.
RuleCase rmsprop(const Words& o) {
  RuleCase c{.rule = RmspropRule{.momentum = static_cast<float>(o.momentum), .centered = o.flag, .outside = !o.keras},
             .slots = {second_moment}};
  if (o.momentum > 0) c.slots.push_back(first_moment);
  if (o.flag) c.slots.push_back(first_moment);
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    double d = moving(s[0], g * g, 0.9);
    if (o.flag) {
      const double a = moving(s[o.momentum > 0 ? 2 : 1], g, 0.9);
      d -= a * a;
    }
    const double by = step.rate * g / (o.keras ? std::sqrt(d + eps) : std::sqrt(d) + eps);
    w -= o.momentum > 0 ? s[1] = o.momentum * s[1] + by : by;
  };
  return c;
}

RuleCase adamax(const Words& o) {
  RuleCase c{.rule = AdamaxRule{.inside = !o.keras}, .slots = {first_moment, second_moment}};
  c.row.a = static_cast<float>(c.rate / o.correction(b1));
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    const double m = moving(s[0], g, b1) / o.correction(b1);
    s[1] = std::max(b2 * s[1], std::abs(g) + (o.keras ? 0 : eps));
    w -= step.rate * m / (s[1] + (o.keras ? eps : 0));
  };
  return c;
}

// keras.optimizers.Nadam: u_t = b1 (1 - 0.96^t / 2).
RuleCase nadam(const Words& o) {
  const auto u = [](int k) { return b1 * (1 - 0.5 * std::pow(0.96, k)); };
  double product = 1;
  for (int k = 1; k <= o.t; ++k) product *= u(k);
  const double now = u(o.t), next = u(o.t + 1);
  RuleCase c{.rule = NadamRule{}, .slots = {first_moment, second_moment}};
  const double of_m = next / (1 - product * next), of_g = (1 - now) / (1 - product);
  c.row.a = static_cast<float>(c.rate * of_m);
  c.row.b = static_cast<float>(of_g / of_m);
  c.row.c = static_cast<float>(1 / o.correction(b2));
  c.apply = [=](double& w, double g, Slots& s, const RuleStep& step) {
    const double m_hat = next * moving(s[0], g, b1) / (1 - product * next) + (1 - now) * g / (1 - product);
    w -= step.rate * m_hat / (std::sqrt(moving(s[1], g * g, b2) / o.correction(b2)) + eps);
  };
  return c;
}

RuleCase adagrad(const Words& o) {
  RuleCase c{.rule = AdagradRule{.outside = !o.keras}, .slots = {second_moment}};
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    s[0] += g * g;
    w -= step.rate * g / (o.keras ? std::sqrt(s[0] + eps) : std::sqrt(s[0]) + eps);
  };
  return c;
}

RuleCase adadelta(const Words&) {
  RuleCase c{.rule = AdadeltaRule{}, .slots = {second_moment, second_moment}};
  c.apply = [](double& w, double g, Slots& s, const RuleStep& step) {
    moving(s[0], g * g, 0.95);
    const double d = -std::sqrt(s[1] + eps) / std::sqrt(s[0] + eps) * g;
    moving(s[1], d * d, 0.95);
    w += step.rate * d;
  };
  return c;
}

// keras.optimizers.Ftrl. At rate 0.01 the linear term is a hundred times the weights.
RuleCase ftrl(const Words& o) {
  const double power = o.keras ? 0.5 : 0.7, l1 = 0.01, l2 = 0.02, shrinkage = 0.03, beta = 0.1;
  RuleCase c{.rule = FtrlRule{.power = static_cast<float>(power), .l1 = 0.01F, .l2 = 0.02F, .shrinkage = 0.03F, .beta = 0.1F},
             .magnitude = 200,
             .slots = {second_moment, first_moment}};
  c.apply = [=](double& w, double g, Slots& s, const RuleStep& step) {
    const double grown = s[0] + g * g, after = std::pow(grown, power), before = std::pow(s[0], power);
    s[1] += g + 2 * shrinkage * w - (after - before) / step.rate * w;
    s[0] = grown;
    const double quadratic = after / step.rate + 2 * (l2 + beta / (2 * step.rate));
    w = (std::clamp(s[1], -l1, l1) - s[1]) / quadratic;
  };
  return c;
}

RuleCase lion(const Words&) {
  RuleCase c{.rule = LionRule{}, .slots = {first_moment}};
  c.apply = [](double& w, double g, Slots& s, const RuleStep& step) {
    const double direction = 0.9 * s[0] + (1 - 0.9) * g;
    moving(s[0], g, 0.99);
    w -= step.rate * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
  };
  return c;
}

// Defazio et al. 2024: w is y = (1 - b1) z + b1 x; z steps, x averages the z.
RuleCase schedule_free(const Words& o) {
  RuleCase c{.rule = ScheduleFreeRule{.epsilon = 1e-7F}, .slots = {first_moment, second_moment}};
  c.row.a = static_cast<float>(c.rate);
  c.row.b = static_cast<float>(1.0 / o.t);
  c.row.c = static_cast<float>(1 / o.correction(b2));
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    const double y = w / (1 - step.decay);  // the weight before its decay, which is z's
    double z = o.t == 1 ? y : s[0], x = (y - (1 - b1) * z) / b1;
    z -= step.rate * g / (std::sqrt(moving(s[1], g * g, b2) / o.correction(b2)) + eps) + step.decay * y;
    x += (z - x) / o.t;
    s[0] = z;
    w = (1 - b1) * z + b1 * x;
  };
  return c;
}

RuleCase lamb(const Words& o) {
  RuleCase c{.rule = LambRule{.coupled = o.keras ? 0 : 0.25F}, .magnitude = 4, .slots = {first_moment, second_moment, first_moment}};
  c.row.a = static_cast<float>(1 / o.correction(b1));
  c.row.c = static_cast<float>(1 / o.correction(b2));
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    const double m_hat = step.rate_factor * moving(s[0], g, b1) / o.correction(b1);
    s[2] = m_hat / (std::sqrt(moving(s[1], g * g, b2) / o.correction(b2)) + eps) + (o.keras ? 0 : 0.25) * w;
  };
  return c;
}

RuleCase lars(const Words& o) {
  RuleCase c{.rule = LarsRule{.momentum = static_cast<float>(o.momentum), .decay = 0.25F, .nesterov = o.flag}, .slots = {first_moment}};
  c.apply = [o](double& w, double g, Slots& s, const RuleStep& step) {
    const double by = step.rate * (g + step.norm * 0.25 * w);
    s[0] = o.momentum * s[0] + by;
    w -= o.flag ? o.momentum * s[0] + by : s[0];
  };
  return c;
}

RuleCase muon(const Words& o) {
  RuleCase c{.rule = MuonRule{.momentum = static_cast<float>(o.momentum), .nesterov = o.flag}, .slots = {first_moment, first_moment}};
  c.apply = [o](double&, double g, Slots& s, const RuleStep&) {
    s[0] = o.momentum * s[0] + g;
    s[1] = o.flag ? g + o.momentum * s[0] : s[0];
  };
  return c;
}

RuleCase decay(const Words&) {
  return {.rule = DecayRule{}, .apply = [](double&, double, Slots&, const RuleStep&) {}};
}
RuleCase copy(const Words&) {
  return {.rule = CopyRule{}, .apply = [](double& w, double g, Slots&, const RuleStep&) { w = g; }};
}

// style=keras: the average stays aside; else it becomes the weights. t = 1: it begins as the weights.
RuleCase average(const Words& o) {
  RuleCase c{.rule = AverageRule{}, .every_step = true, .slots = {first_moment}};
  c.row.average = o.t == 1 ? 1 : 0.25F;
  c.row.overwrite = o.keras ? 0 : 1;
  c.apply = [o](double& w, double, Slots& s, const RuleStep&) {
    s[0] = o.t == 1 ? w : 0.75 * s[0] + 0.25 * w;
    if (!o.keras) w = s[0];
  };
  return c;
}

RuleCase accumulate(const Words&) {
  return {.rule = AccumulateRule{.share = 0.25F},
          .every_step = true,
          .slots = {first_moment},
          .apply = [](double& w, double g, Slots& s, const RuleStep& step) {
            w = step.applies ? (s[0] + g) / 4 : g;
            s[0] = step.applies ? 0 : s[0] + g;
          }};
}

}  // namespace

RuleCase rule_case(const Problem& p) {
  using Make = RuleCase (*)(const Words&);
  const Make make = word_of<Make>(p, "rule", adam,
                                  {{"sgd", sgd},
                                   {"adam", adam},
                                   {"rmsprop", rmsprop},
                                   {"adamax", adamax},
                                   {"nadam", nadam},
                                   {"adagrad", adagrad},
                                   {"adadelta", adadelta},
                                   {"ftrl", ftrl},
                                   {"lion", lion},
                                   {"schedule_free", schedule_free},
                                   {"lamb", lamb},
                                   {"lars", lars},
                                   {"muon", muon},
                                   {"decay", decay},
                                   {"copy", copy},
                                   {"average", average},
                                   {"accumulate", accumulate}});
  const bool keras = word_of<bool>(p, "style", true, {{"keras", true}, {"other", false}});
  RuleCase c = make({.momentum = p.real("momentum", 0),
                     .flag = p.number("nesterov", p.number("amsgrad", p.number("centered", 0))) != 0,
                     .keras = keras,
                     .t = static_cast<int>(p.number("t", 3))});
  c.decay = c.rate * p.real("decay", 0.1);
  c.row.learning_rate = static_cast<float>(c.rate);
  c.row.decay = static_cast<float>(c.decay);
  return c;
}

}  // namespace lehr::check
