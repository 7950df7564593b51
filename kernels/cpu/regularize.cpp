#include "kernels/regularize.h"

#include <cmath>

#include "kernels/cpu/columns.h"

namespace lehr {
namespace {

struct Norms {
  double absolute = 0, square = 0;
};
template <class T>
LEHR_SIMD Norms sum_norms(const T* w, std::int64_t n) {
  double absolute = 0, square = 0;
#pragma omp simd reduction(+ : absolute, square)
  for (std::int64_t i = 0; i < n; ++i) {
    const auto v = static_cast<double>(load(w, i));
    absolute += std::abs(v);
    square += v * v;
  }
  return {absolute, square};
}

template <class T, class G>
LEHR_SIMD void add_gradient(const T* w, G* dw, std::int64_t n, float l1, float twice_l2) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = load(w, i), sign = v > 0 ? 1.0F : (v < 0 ? -1.0F : 0.0F);
    store(dw, i, load(dw, i) + (l1 * sign + twice_l2 * v));
  }
}

template <class T, class G>
class CpuPenalty final : public Penalty {
 public:
  CpuPenalty(const Cpu& cpu, const PenaltySpec& spec) : cpu_(cpu), s_(spec) {}
  std::size_t workspace_bytes() const override { return static_cast<std::size_t>(chunks_of(s_.count, element_chunk)) * sizeof(Norms); }
  void run(ConstView w, View loss, View dw, View workspace, Stream&) override {
    const T* weights = w.as<T>();
    auto* norms = static_cast<Norms*>(workspace.data);
    for_chunks(cpu_, s_.count, element_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      if (loss) norms[chunk] = sum_norms(weights + begin, end - begin);
      if (dw) add_gradient(weights + begin, dw.as<G>() + begin, end - begin, s_.scale * s_.l1, 2 * s_.scale * s_.l2);
    });
    if (!loss) return;
    double sum = 0;
    for (std::int64_t chunk = 0; chunk < chunks_of(s_.count, element_chunk); ++chunk)
      sum += static_cast<double>(s_.l1) * norms[chunk].absolute + static_cast<double>(s_.l2) * norms[chunk].square;
    float& out = *loss.as<float>();
    out = static_cast<float>((s_.accumulate ? static_cast<double>(out) : 0.0) + static_cast<double>(s_.scale) * sum);
  }

 private:
  const Cpu& cpu_;
  PenaltySpec s_;
};

LEHR_SIMD void sum_squares(const float* w, std::int64_t n, std::int64_t width, double* squares) {
  column_sums(n, width, width, {squares}, [w](std::int64_t i, std::int64_t) { return w[i] * w[i]; });
}

/// w *= factor[column]
template <bool copies>
LEHR_SIMD void scale_columns(float* w, bf16* copy, std::int64_t n, std::int64_t width, const float* factor) {
  for (std::int64_t at = 0; at < n; at += width) {
    const std::int64_t length = std::min(width, n - at);
#pragma omp simd
    for (std::int64_t k = 0; k < length; ++k) {
      const float v = w[at + k] * factor[k];
      w[at + k] = v;
      if constexpr (copies) store(copy, at + k, v);
    }
  }
}

template <bool copies>
LEHR_SIMD void raise_to_zero(float* w, bf16* copy, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = w[i] < 0 ? 0.0F : w[i];
    w[i] = v;
    if constexpr (copies) store(copy, i, v);
  }
}

class CpuConstraint final : public ConstrainWeights {
 public:
  CpuConstraint(const Cpu& cpu, const ConstraintSpec& spec) : cpu_(cpu), s_(spec), columns_(columns_of(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(columns_.width()) * (static_cast<std::size_t>(columns_.chunks) * sizeof(double) + sizeof(float));
  }
  void run(View w, View copy, const StepRow* table, const StepCounters* counters, View workspace, Stream&) override {
    if (counters != nullptr && (counters->stop != 0 || table[counters->cursor].apply == 0)) return;
    if (copy)
      constrain<true>(w.as<float>(), copy.as<bf16>(), workspace);
    else
      constrain<false>(w.as<float>(), nullptr, workspace);
  }

 private:
  /// body(weights, copy, elements) for every chunk
  template <class Body>
  void for_rows(float* w, bf16* copy, const Body& body) const {
    const std::int64_t channels = s_.channels;
    for_chunks(cpu_, s_.rows, columns_.rows_per_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      body(chunk, w + begin * channels, copy == nullptr ? nullptr : copy + begin * channels, (end - begin) * channels);
    });
  }
  template <bool copies>
  void constrain(float* w, bf16* copy, View workspace) const {
    if (s_.kind == ConstraintKind::non_neg) {
      for_rows(w, copy, [](std::int64_t, float* v, bf16* c, std::int64_t n) { raise_to_zero<copies>(v, c, n); });
      return;
    }
    const std::int64_t width = columns_.width();
    auto* squares = static_cast<double*>(workspace.data);
    auto* factors = reinterpret_cast<float*>(squares + columns_.chunks * width);
    for_rows(w, nullptr,
             [&](std::int64_t chunk, const float* v, bf16*, std::int64_t n) { sum_squares(v, n, width, squares + chunk * width); });
    sum_partials(columns_, squares, width, [&](std::int64_t c, double square) {
      const double norm = std::sqrt(square), most = static_cast<double>(s_.max_value);
      factors[c] = static_cast<float>((s_.kind == ConstraintKind::unit_norm ? 1.0 : std::min(norm, most)) / (1e-7 + norm));
    });
    tile(columns_, factors, [&](std::int64_t c) { return factors[c]; });
    for_rows(w, copy, [&](std::int64_t, float* v, bf16* c, std::int64_t n) { scale_columns<copies>(v, c, n, width, factors); });
  }

  const Cpu& cpu_;
  ConstraintSpec s_;
  Columns columns_;
};

}  // namespace

std::unique_ptr<Penalty> make_on(Cpu& cpu, const PenaltySpec& spec) {
  return with_float("penalty", spec.dtype, [&]<class T>(T) {
    return with_float("penalty", spec.gradient,
                      [&]<class G>(G) -> std::unique_ptr<Penalty> { return std::make_unique<CpuPenalty<T, G>>(cpu, spec); });
  });
}
std::unique_ptr<ConstrainWeights> make_on(Cpu& cpu, const ConstraintSpec& spec) { return std::make_unique<CpuConstraint>(cpu, spec); }

}  // namespace lehr
