// The optimizer over the flat arena in one launch, norms of gradients in two, and the step's end.
#include "kernels/optimizer_step.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"
#include "kernels/cuda/segment_squares.cuh"

namespace lehr {
namespace {

constexpr int n = 4;  // elements a thread: 16 bytes of float32
constexpr int most_slots = static_cast<int>(std::extent_v<decltype(SlotsAt::plane)>);

struct Arena {
  float* w;
  const float* g;
  float* slots;  ///< plane k begins at k*count
  bf16* copy;    ///< empty: none
  std::int64_t count;
  const Segment* segments;
  int segment_count;
  const float* factors;  ///< one a segment, or empty
  float clip;
};

/// The first segment that ends beyond element i.
__device__ int segment_at(const Arena& arena, std::int64_t i) {
  int low = 0, high = arena.segment_count;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (arena.segments[middle].offset + arena.segments[middle].count > i)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

struct OfSegment {
  StepRow row;
  float factor = 1;
};
__device__ OfSegment numbers_of(const Arena& arena, int s, const StepRow& row) {
  const Segment& segment = arena.segments[s];
  OfSegment numbers{row, arena.factors == nullptr ? 1.0F : arena.factors[s]};
  numbers.row.factor = numbers.factor;
  numbers.row.learning_rate *= segment.rate_factor;
  numbers.row.a *= segment.rate_factor;
  numbers.row.decay = segment.decays ? row.decay * segment.rate_factor : 0;
  return numbers;
}

template <class Rule>
__device__ void update(const Rule& rule, const OfSegment& numbers, float clip, float& w, float g, const SlotsAt& slots) {
  g *= numbers.factor;
  g = g < -clip ? -clip : g;
  g = g > clip ? clip : g;
  w -= numbers.row.decay * w;
  rule(w, g, slots, numbers.row);
}

/// Four elements a thread; within one segment they move as packs (`packs`: the planes' sizes allow it), else one by one.
template <class Rule>
__global__ void step_kernel(Rule rule, Arena arena, const StepRow* table, const StepCounters* counters, int slots, bool packs,
                            bool every_step) {
  const std::int64_t i = device::first_element<n>();
  if (i >= arena.count || counters->stop != 0) return;
  const StepRow row = table[counters->cursor];
  if (row.apply == 0 && !every_step) return;
  int s = segment_at(arena, i);
  if (packs && s < arena.segment_count && i >= arena.segments[s].offset && i + n <= arena.segments[s].offset + arena.segments[s].count) {
    const OfSegment numbers = numbers_of(arena, s, row);
    float w[n], g[n], planes[most_slots][n] = {};
    device::load<n>(arena.w + i, w);
    device::load<n>(arena.g + i, g);
#pragma unroll
    for (int k = 0; k < most_slots; ++k)
      if (k < slots) device::load<n>(arena.slots + k * arena.count + i, planes[k]);
    SlotsAt at{};
#pragma unroll
    for (int k = 0; k < most_slots; ++k) at.plane[k] = planes[k];
#pragma unroll
    for (int j = 0; j < n; ++j) {
      at.i = j;
      update(rule, numbers, arena.clip, w[j], g[j], at);
    }
    device::store<n>(arena.w + i, w);
#pragma unroll
    for (int k = 0; k < most_slots; ++k)
      if (k < slots) device::store<n>(arena.slots + k * arena.count + i, planes[k]);
    if (arena.copy != nullptr) device::store<n>(arena.copy + i, w);
    return;
  }
  const std::int64_t end = i + n < arena.count ? i + n : arena.count;
  for (std::int64_t j = i; j < end; ++j) {
    while (s < arena.segment_count && j >= arena.segments[s].offset + arena.segments[s].count) ++s;
    if (s == arena.segment_count) return;
    if (j < arena.segments[s].offset) continue;  // between tensors
    SlotsAt at{};
    at.i = j;
    for (int k = 0; k < slots; ++k) at.plane[k] = arena.slots + k * arena.count;
    float w = arena.w[j];
    update(rule, numbers_of(arena, s, row), arena.clip, w, arena.g[j], at);
    arena.w[j] = w;
    if (arena.copy != nullptr) arena.copy[j] = device::from_float<bf16>(w);
  }
}

template <class Rule>
class ArenaStep final : public OptimizerStep {
 public:
  ArenaStep(Cuda& cuda, const OptimizerStepSpec& spec, Rule rule)
      : rule_(rule),
        count_(spec.count),
        clip_(spec.clip_value > 0 ? spec.clip_value : std::numeric_limits<float>::infinity()),
        norm_clip_(spec.norm_clip),
        write_copy_(spec.write_copy),
        every_step_(spec.every_step),
        segment_count_(static_cast<int>(spec.segments.size())),
        segments_(upload(cuda, spec.segments)) {}
  void run(View w, ConstView g, View slots, const StepRow* table, const StepCounters* counters, ConstView factors, View copy,
           Stream& stream) override {
    const Arena arena{.w = w.as<float>(),
                      .g = g.as<float>(),
                      .slots = slots.as<float>(),
                      .copy = write_copy_ ? copy.as<bf16>() : nullptr,
                      .count = count_,
                      .segments = static_cast<const Segment*>(segments_.data()),
                      .segment_count = segment_count_,
                      .factors = norm_clip_ ? factors.as<float>() : nullptr,
                      .clip = clip_};
    const bool packs = count_ % n == 0 && aligned16(arena.w) && aligned16(arena.g) && aligned16(arena.slots) && aligned16(arena.copy);
    launch(step_kernel<Rule>, blocks_for(count_, n), block_threads, 0, stream, rule_, arena, table, counters, slots_of(rule_), packs,
           every_step_);
  }

 private:
  Rule rule_;
  std::int64_t count_;
  float clip_;
  bool norm_clip_, write_copy_, every_step_;
  int segment_count_;
  Buffer segments_;
};

/// min(1, limit/norm); a NaN norm gives NaN.
__device__ float factor_of(double squares, double limit) {
  const double norm = sqrt(squares);
  return norm > limit ? static_cast<float>(limit / norm) : (norm <= limit ? 1.0F : std::numeric_limits<float>::quiet_NaN());
}

/// One block.
__global__ void factors_kernel(device::SquaresOfRuns squares, float* factors, float limit, bool global) {
  if (!global) {
    for (std::int64_t s = threadIdx.x; s < squares.segments; s += blockDim.x)
      factors[s] = factor_of(squares.of_segment(0, s), static_cast<double>(limit));
    return;
  }
  double sum = 0;
  for (std::int64_t r = threadIdx.x; r < squares.runs; r += blockDim.x) sum += squares.of_run[r];
  sum = device::block_reduce(sum, device::Sum{});
  const bool finite = sum <= std::numeric_limits<double>::max();
  const float common = finite ? factor_of(sum, static_cast<double>(limit)) : std::numeric_limits<float>::quiet_NaN();
  for (std::int64_t s = threadIdx.x; s < squares.segments; s += blockDim.x) factors[s] = common;
}

class SegmentNormClip final : public NormClip {
 public:
  SegmentNormClip(Cuda& cuda, const NormClipSpec& spec)
      : limit_(std::max(spec.clipnorm, spec.global_clipnorm)), global_(spec.global_clipnorm > 0), squares_(cuda, spec.segments) {}
  std::size_t workspace_bytes() const override { return squares_.workspace_bytes(1); }
  void run(ConstView g, View factors, View workspace, Stream& stream) override {
    const auto squares = squares_.run({g.as<float>()}, workspace, stream);
    launch(factors_kernel, 1, block_threads, 0, stream, squares, factors.as<float>(), limit_, global_);
  }

 private:
  float limit_;
  bool global_;
  SegmentSquares squares_;
};

__global__ void advance_kernel(StepCounters* counters, std::int64_t batch, bool training) {
  if (training && counters->stop == 0) ++counters->step;
  ++counters->cursor;
  counters->sample += batch;
}

class AdvanceCounters final : public Advance {
 public:
  explicit AdvanceCounters(const AdvanceSpec& spec) : spec_(spec) {}
  void run(StepCounters* counters, Stream& stream) override {
    launch(advance_kernel, 1, 1, 0, stream, counters, spec_.batch, spec_.training);
  }

 private:
  AdvanceSpec spec_;
};

}  // namespace

std::unique_ptr<OptimizerStep> make_on(Cuda& cuda, const OptimizerStepSpec& spec) {
  verify(spec);
  return std::visit(
      [&]<class Rule>(const Rule& rule) -> std::unique_ptr<OptimizerStep> { return std::make_unique<ArenaStep<Rule>>(cuda, spec, rule); },
      spec.rule);
}

std::unique_ptr<NormClip> make_on(Cuda& cuda, const NormClipSpec& spec) {
  verify(spec);
  return std::make_unique<SegmentNormClip>(cuda, spec);
}

std::unique_ptr<Advance> make_on(Cuda&, const AdvanceSpec& spec) { return std::make_unique<AdvanceCounters>(spec); }

}  // namespace lehr
