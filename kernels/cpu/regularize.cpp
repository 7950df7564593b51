#include "kernels/regularize.h"

#include <cmath>

#include "kernels/cpu/element.h"

namespace lehr {

namespace {

template <class T, class G>
class CpuPenalty final : public Penalty {
 public:
  explicit CpuPenalty(const PenaltySpec& spec) : s_(spec) {}
  void run(ConstView w, View loss, View dw, Stream&) override {
    const T* weights = w.as<T>();
    double sum = 0;
    for (std::int64_t i = 0; i < s_.count; ++i) {
      const auto value = static_cast<double>(load(weights, i));
      sum += static_cast<double>(s_.l1) * std::abs(value) + static_cast<double>(s_.l2) * value * value;
    }
    float& out = *loss.as<float>();
    out = (s_.accumulate ? out : 0.0F) + s_.scale * static_cast<float>(sum);
    if (!dw) return;
    G* gradient = dw.as<G>();
    for (std::int64_t i = 0; i < s_.count; ++i) {
      const float value = load(weights, i), sign = static_cast<float>(static_cast<int>(value > 0) - static_cast<int>(value < 0));
      store(gradient, i, load(gradient, i) + s_.scale * (s_.l1 * sign + 2 * s_.l2 * value));
    }
  }

 private:
  PenaltySpec s_;
};

class CpuConstraint final : public ConstrainWeights {
 public:
  explicit CpuConstraint(const ConstraintSpec& spec) : s_(spec) {}
  void run(View w, Stream&) override {
    auto* weights = w.as<float>();
    if (s_.kind == ConstraintKind::non_neg) {
      for (std::int64_t i = 0; i < s_.rows * s_.channels; ++i) weights[i] = weights[i] > 0 ? weights[i] : 0.0F;
      return;
    }
    for (std::int64_t c = 0; c < s_.channels; ++c) {
      double square = 0;
      for (std::int64_t r = 0; r < s_.rows; ++r)
        square += static_cast<double>(weights[r * s_.channels + c]) * static_cast<double>(weights[r * s_.channels + c]);
      const auto norm = static_cast<float>(std::sqrt(square));
      const float wanted = s_.kind == ConstraintKind::unit_norm ? 1.0F : std::min(norm, s_.max_value);
      const float factor = wanted / (1e-7F + norm);
      for (std::int64_t r = 0; r < s_.rows; ++r) weights[r * s_.channels + c] *= factor;
    }
  }

 private:
  ConstraintSpec s_;
};

}  // namespace

std::unique_ptr<Penalty> make_on(Cpu&, const PenaltySpec& spec) {
  return with_float("penalty", spec.dtype, [&]<class T>(T) {
    return with_float("penalty", spec.gradient,
                      [&]<class G>(G) -> std::unique_ptr<Penalty> { return std::make_unique<CpuPenalty<T, G>>(spec); });
  });
}
std::unique_ptr<ConstrainWeights> make_on(Cpu&, const ConstraintSpec& spec) { return std::make_unique<CpuConstraint>(spec); }

}  // namespace lehr
