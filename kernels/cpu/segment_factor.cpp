#include "kernels/segment_factor.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

LEHR_SIMD double sum_of_squares(const float* x, std::int64_t n) {
  double total = 0;
  for (std::int64_t at = 0; at < n; at += 1024) {
    const std::int64_t end = std::min(n, at + 1024);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = at; i < end; ++i) sum += x[i] * x[i];
    total += static_cast<double>(sum);
  }
  return total;
}

class ArenaFactors final : public SegmentFactor {
 public:
  ArenaFactors(const Cpu& cpu, const SegmentFactorSpec& spec) : cpu_(cpu), spec_(spec) {
    for (std::size_t s = 0; s < spec.segments.size(); ++s)
      for (std::int64_t at = 0; at < spec.segments[s].count; at += element_chunk)
        runs_.push_back({s, spec.segments[s].offset + at, std::min(element_chunk, spec.segments[s].count - at)});
  }
  std::size_t workspace_bytes() const override { return 2 * runs_.size() * sizeof(double); }
  void run(ConstView w, ConstView u, View factors, View workspace, Stream&) override {
    auto* squares = static_cast<double*>(workspace.data);
    const bool weights = spec_.kind != FactorKind::inverse_norm;
    for_chunks(cpu_, static_cast<std::int64_t>(runs_.size()), 4, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const Run& r = runs_[static_cast<std::size_t>(i)];
        squares[2 * i] = weights ? sum_of_squares(w.as<float>() + r.offset, r.count) : 0;
        squares[2 * i + 1] = sum_of_squares(u.as<float>() + r.offset, r.count);
      }
    });
    std::size_t next = 0;
    for (std::size_t s = 0; s < spec_.segments.size(); ++s) {
      double of_w = 0, of_u = 0;
      for (; next < runs_.size() && runs_[next].segment == s; ++next) {
        of_w += squares[2 * next];
        of_u += squares[2 * next + 1];
      }
      const bool neutral = !spec_.neutral.empty() && spec_.neutral[s] != 0;
      factors.as<float>()[s] = neutral ? 1.0F : static_cast<float>(factor(of_w, of_u, static_cast<double>(spec_.segments[s].count)));
    }
  }

 private:
  struct Run {
    std::size_t segment;
    std::int64_t offset, count;
  };
  double factor(double of_w, double of_u, double count) const {
    const double w = std::sqrt(of_w), u = std::sqrt(of_u);
    switch (spec_.kind) {
      case FactorKind::trust:
        return w > 0 && u > 0 ? w / u : 1;
      case FactorKind::lars:
        return w > 0 && u > 0 ? spec_.scale * w / (u + spec_.decay * w + spec_.epsilon) : 1;
      case FactorKind::inverse_norm:
        return 1 / (u + spec_.epsilon);
      default:
        return std::max(spec_.epsilon, std::sqrt(of_w / count)) / std::max(1.0, std::sqrt(of_u / count) / spec_.limit);
    }
  }

  const Cpu& cpu_;
  SegmentFactorSpec spec_;
  std::vector<Run> runs_;  // in the order of the segments
};

}  // namespace

std::unique_ptr<SegmentFactor> make_on(Cpu& cpu, const SegmentFactorSpec& spec) {
  if (!spec.neutral.empty() && spec.neutral.size() != spec.segments.size())
    throw Error({.where = "segment factor",
                 .what = "neutral says something of every segment, or nothing",
                 .expected = std::to_string(spec.segments.size()),
                 .got = std::to_string(spec.neutral.size())});
  return std::make_unique<ArenaFactors>(cpu, spec);
}

}  // namespace lehr
