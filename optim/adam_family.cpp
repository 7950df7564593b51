#include "optim/adam_family.h"

#include <algorithm>

namespace lehr {

// 1 - 0.96^k/2 is 1 in double from k = 900 on: what follows is a power.
double nadam_product(std::int64_t t, double beta_1, double pace) {
  const auto settled = static_cast<std::int64_t>(900 / pace);
  double product = 1, fading = 1;
  const double factor = std::pow(static_cast<double>(0.96F), pace);
  for (std::int64_t k = 1; k <= std::min(t, settled); ++k) {
    fading *= factor;
    product *= beta_1 * (1 - 0.5 * fading);
    if (product == 0) return 0;
  }
  return t > settled ? product * std::pow(beta_1, static_cast<double>(t - settled)) : product;
}

StepRow Nadam::row(std::int64_t t, double rate) const {
  const double b1 = static_cast<float>(beta_1), b2 = static_cast<float>(beta_2), pace = style == Style::keras ? 1 : 0.004;
  const auto u = [&](std::int64_t k) { return b1 * (1 - 0.5 * std::pow(static_cast<double>(0.96F), static_cast<double>(k) * pace)); };
  const double product = nadam_product(t, b1, pace), next = u(t + 1);
  const double of_m = next / (1 - product * next), of_g = (1 - u(t)) / (1 - product);
  return {.a = static_cast<float>(rate * of_m),
          .b = static_cast<float>(of_g / of_m),
          .c = static_cast<float>(1 / (1 - std::pow(b2, static_cast<double>(t))))};
}

// The average weighs each z by its rate squared (Algorithm 1 of the paper); of the rate only the warm-up is looked at: the reference
// implementation takes the largest rate so far, so that a schedule that falls changes no weight. t >= warmup: sum of (i/warmup)^2 and of ones.
StepRow ScheduleFreeAdamW::row(std::int64_t t, double rate) const {
  const double n = static_cast<double>(t), warmup = std::max(warmup_steps, 1), warm = std::min(n / warmup, 1.0),
               risen = std::min(n, warmup);
  const double squares = risen * (risen + 1) * (2 * risen + 1) / (6 * warmup * warmup) + (n - risen);
  return {.a = static_cast<float>(rate * warm),
          .b = static_cast<float>(warm * warm / squares),
          .c = static_cast<float>(1 / (1 - std::pow(static_cast<double>(static_cast<float>(beta_2)), n))),
          .decay = static_cast<float>(rate * warm * weight_decay.value_or(0))};
}

}  // namespace lehr
