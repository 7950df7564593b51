#include "kernels/optimizer_step.h"

#include <string>

#include "kernels/error.h"
#include "kernels/segment_factor.h"

namespace lehr {
namespace {

/// Segments must be in order and apart: chunks look them up by bisection.
void in_order(const std::vector<Segment>& segments, std::int64_t count) {
  std::int64_t end = 0;
  for (const Segment& s : segments) {
    if (s.offset < end || s.count < 0 || (count >= 0 && s.offset + s.count > count))
      throw Error({.where = "optimizer step",
                   .what = "segments must be ascending, apart and within the arena",
                   .got = "offset " + std::to_string(s.offset) + ", count " + std::to_string(s.count)});
    end = s.offset + s.count;
  }
}

}  // namespace

void verify(const OptimizerStepSpec& spec) { in_order(spec.segments, spec.count); }

void verify(const NormClipSpec& spec) {
  in_order(spec.segments, -1);
  if ((spec.clipnorm > 0) == (spec.global_clipnorm > 0))
    throw Error({.category = Category::usage,
                 .where = "gradient clipping",
                 .what = "exactly one of clipnorm and global_clipnorm must be positive",
                 .got = std::to_string(spec.clipnorm) + " and " + std::to_string(spec.global_clipnorm)});
}

void verify(const SegmentFactorSpec& spec) {
  in_order(spec.segments, -1);
  if (!spec.neutral.empty() && spec.neutral.size() != spec.segments.size())
    throw Error({.where = "segment factor",
                 .what = "neutral says something of every segment, or nothing",
                 .expected = std::to_string(spec.segments.size()),
                 .got = std::to_string(spec.neutral.size())});
}

}  // namespace lehr
