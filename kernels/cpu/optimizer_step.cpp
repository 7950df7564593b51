#include "kernels/optimizer_step.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/cpu/element.h"
#include "kernels/cpu/segment_squares.h"

namespace lehr {
namespace {

/// What one piece of one segment needs; pointers are to its first element.
struct Piece {
  float* w;
  const float* g;
  SlotsAt slots;
  bf16* copy;
  std::int64_t count;
  float factor, clip;  ///< gradient times factor, then clamped to [-clip, clip]
  StepRow row;
};

/// A rule's flags are the same for all elements: the compiler moves their tests out of the loop.
template <class Rule, bool copies>
LEHR_SIMD void update(const Rule rule, const Piece& piece) {
  float* w = piece.w;
  const float* gradient = piece.g;
  float *s0 = piece.slots.plane[0], *s1 = piece.slots.plane[1], *s2 = piece.slots.plane[2];
  bf16* copy = piece.copy;
  const float factor = piece.factor, clip = piece.clip;
  const StepRow row = piece.row;
#pragma omp simd
  for (std::int64_t i = 0; i < piece.count; ++i) {
    float g = gradient[i] * factor;
    g = g < -clip ? -clip : g;
    g = g > clip ? clip : g;
    float weight = w[i];
    weight -= row.decay * weight;
    rule(weight, g, SlotsAt{{s0, s1, s2}, i}, row);
    w[i] = weight;
    if constexpr (copies) store(copy, i, weight);
  }
}

template <class Rule>
class ArenaStep final : public OptimizerStep {
 public:
  ArenaStep(const Cpu& cpu, OptimizerStepSpec spec, Rule rule) : cpu_(cpu), spec_(std::move(spec)), rule_(rule) {}
  void run(View w, ConstView g, View slots, const StepRow* table, const StepCounters* counters, ConstView factors, View copy,
           Stream&) override {
    const StepRow row = table[counters->cursor];
    if (counters->stop != 0 || (row.apply == 0 && !spec_.every_step)) return;
    for_chunks(cpu_, spec_.count, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      const auto first = std::upper_bound(spec_.segments.begin(), spec_.segments.end(), begin,
                                          [](std::int64_t at, const Segment& s) { return at < s.offset + s.count; });
      for (auto s = first; s != spec_.segments.end() && s->offset < end; ++s) {
        const std::int64_t from = std::max(begin, s->offset), to = std::min(end, s->offset + s->count);
        const float factor = spec_.norm_clip ? factors.as<float>()[s - spec_.segments.begin()] : 1.0F;
        piece(*s, row, from, to - from, factor, w.as<float>(), g.as<float>(), slots.as<float>(),
              spec_.write_copy ? copy.as<bf16>() : nullptr);
      }
    });
  }

 private:
  void piece(const Segment& segment, StepRow row, std::int64_t at, std::int64_t count, float factor, float* w, const float* g, float* slots,
             bf16* copy) const {
    row.factor = factor;
    row.learning_rate *= segment.rate_factor;
    row.a *= segment.rate_factor;
    row.decay = segment.decays ? row.decay * segment.rate_factor : 0;
    Piece p{.w = w + at,
            .g = g + at,
            .slots = {{nullptr, nullptr, nullptr}, 0},
            .copy = copy == nullptr ? nullptr : copy + at,
            .count = count,
            .factor = factor,
            .clip = spec_.clip_value > 0 ? spec_.clip_value : std::numeric_limits<float>::infinity(),
            .row = row};
    for (int k = 0; k < slots_of(rule_); ++k) p.slots.plane[k] = slots + k * spec_.count + at;
    if (copy == nullptr)
      update<Rule, false>(rule_, p);
    else
      update<Rule, true>(rule_, p);
  }

  const Cpu& cpu_;
  OptimizerStepSpec spec_;
  Rule rule_;
};

class SegmentNormClip final : public NormClip {
 public:
  SegmentNormClip(const Cpu& cpu, const NormClipSpec& spec) : cpu_(cpu), spec_(spec), squares_(spec.segments) {}
  std::size_t workspace_bytes() const override { return squares_.workspace_bytes(); }
  void run(ConstView g, View factors, View workspace, Stream&) override {
    const auto sums = squares_.sums(cpu_, g.as<float>(), static_cast<double*>(workspace.data));
    auto* out = factors.as<float>();
    if (spec_.clipnorm > 0) {
      for (std::size_t s = 0; s < sums.size(); ++s) out[s] = factor(sums[s], static_cast<double>(spec_.clipnorm));
      return;
    }
    const double all = std::accumulate(sums.begin(), sums.end(), 0.0);
    const float common =
        std::isfinite(all) ? factor(all, static_cast<double>(spec_.global_clipnorm)) : std::numeric_limits<float>::quiet_NaN();
    std::fill(out, out + sums.size(), common);
  }

 private:
  static float factor(double squares, double limit) {
    const double norm = std::sqrt(squares);
    return norm > limit ? static_cast<float>(limit / norm) : (norm <= limit ? 1.0F : std::numeric_limits<float>::quiet_NaN());
  }

  const Cpu& cpu_;
  NormClipSpec spec_;
  SegmentSquares squares_;
};

class AdvanceCounters final : public Advance {
 public:
  explicit AdvanceCounters(const AdvanceSpec& spec) : spec_(spec) {}
  void run(StepCounters* counters, Stream&) override {
    if (spec_.training && counters->stop == 0) ++counters->step;
    ++counters->cursor;
    counters->sample += spec_.batch;
  }

 private:
  AdvanceSpec spec_;
};

}  // namespace

std::unique_ptr<OptimizerStep> make_on(Cpu& cpu, const OptimizerStepSpec& spec) {
  verify(spec);
  return std::visit(
      [&]<class Rule>(const Rule& rule) -> std::unique_ptr<OptimizerStep> { return std::make_unique<ArenaStep<Rule>>(cpu, spec, rule); },
      spec.rule);
}

std::unique_ptr<NormClip> make_on(Cpu& cpu, const NormClipSpec& spec) {
  verify(spec);
  return std::make_unique<SegmentNormClip>(cpu, spec);
}

std::unique_ptr<Advance> make_on(Cpu&, const AdvanceSpec& spec) { return std::make_unique<AdvanceCounters>(spec); }

}  // namespace lehr
