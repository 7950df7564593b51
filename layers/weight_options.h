// weight_options.h: regularizers and constraints of a weight, and how these, initializers and padding are written in a spec.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/spec/activation.h"
#include "engine/spec/convert.h"
#include "engine/spec/size.h"
#include "kernels/regularize.h"
#include "layers/initializers.h"
#include "layers/window.h"

namespace lehr {

/// Keras's l1, l2, l1_l2: loss += l1*sum|w| + l2*sum w^2.
struct Regularizer {
  double l1 = 0, l2 = 0;
  explicit operator bool() const { return l1 != 0 || l2 != 0; }
  friend bool operator==(const Regularizer&, const Regularizer&) = default;
};
inline Regularizer l1(double factor = 0.01) { return {.l1 = factor}; }
inline Regularizer l2(double factor = 0.01) { return {.l2 = factor}; }
inline Regularizer l1_l2(double l1 = 0, double l2 = 0) { return {.l1 = l1, .l2 = l2}; }

/// Applied to a weight after every optimizer step. Norms are taken over the weight's first `axes` axes: 1 is Keras's axis=0 (a column of a
/// Dense kernel), 3 its axis=[0, 1, 2] (a filter of a Conv2D kernel).
struct Constraint {
  std::optional<ConstraintKind> kind = {};
  double max_value = 2;
  int axes = 1;
  friend bool operator==(const Constraint&, const Constraint&) = default;
};
inline Constraint max_norm(double max_value = 2, int axes = 1) {
  return {.kind = ConstraintKind::max_norm, .max_value = max_value, .axes = axes};
}
inline Constraint non_neg() { return {.kind = ConstraintKind::non_neg}; }
inline Constraint unit_norm(int axes = 1) { return {.kind = ConstraintKind::unit_norm, .axes = axes}; }

/// A weight of this shape is [rows, rest] to its constraint, norms over the rows. Throws Error{usage} where the weight has fewer axes.
std::int64_t norm_rows(const Constraint& constraint, const Shape& shape);

/// All that a spec may say; one row a kind, Keras's function name first, then its class name.
const std::vector<std::vector<std::string>>& initializer_names();
const std::vector<std::vector<std::string>>& regularizer_names();
const std::vector<std::vector<std::string>>& constraint_names();

template <>
struct SpecEnum<Padding> {
  static constexpr std::pair<std::string_view, Padding> names[] = {{"valid", Padding::valid}, {"same", Padding::same}};
};

template <>
struct SpecEnum<FanMode> {
  static constexpr std::pair<std::string_view, FanMode> names[] = {
      {"fan_in", FanMode::fan_in}, {"fan_out", FanMode::fan_out}, {"fan_avg", FanMode::fan_avg}};
};
template <>
struct SpecEnum<ScalingDistribution> {
  static constexpr std::pair<std::string_view, ScalingDistribution> names[] = {
      {"truncated_normal", ScalingDistribution::truncated_normal},
      {"normal", ScalingDistribution::truncated_normal},
      {"untruncated_normal", ScalingDistribution::untruncated_normal},
      {"uniform", ScalingDistribution::uniform}};
};

/// `glorot_uniform`, `random_normal(mean=0, stddev=0.05)`, `constant(0.1)`, `orthogonal(gain=1)`,
/// `variance_scaling(scale=2, mode=fan_out, distribution=uniform)`
template <>
struct SpecConvert<Initializer> {
  static Initializer from(const SpecValue& value);
  static SpecValue to(const Initializer& initializer);
  static std::string expects() { return "an initializer"; }
};
/// `none`, `l1(0.01)`, `l2(1e-4)`, `l1_l2(l1=0.01, l2=0.01)`
template <>
struct SpecConvert<Regularizer> {
  static Regularizer from(const SpecValue& value);
  static SpecValue to(const Regularizer& regularizer);
  static std::string expects() { return "l1(x), l2(x), l1_l2(x, y) or none"; }
};
/// `none`, `max_norm(2)`, `max_norm(2, axis=[0, 1, 2])`, `non_neg`, `unit_norm`
template <>
struct SpecConvert<Constraint> {
  static Constraint from(const SpecValue& value);
  static SpecValue to(const Constraint& constraint);
  static std::string expects() { return "max_norm(x), non_neg, unit_norm or none"; }
};

}  // namespace lehr
