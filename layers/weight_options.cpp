#include "layers/weight_options.h"

#include <array>

#include "engine/spec/catalogue.h"
#include "kernels/error.h"

namespace lehr {

namespace {

// The parameters of each initializer, in Keras's order; `b` is absent where there is one.
struct InitializerName {
  InitializerKind kind;
  std::string_view name, class_name, a, b;
  double default_a, default_b;
};
constexpr std::array initializers{
    InitializerName{InitializerKind::zeros, "zeros", "Zeros", "", "", 0, 0},
    InitializerName{InitializerKind::ones, "ones", "Ones", "", "", 0, 0},
    InitializerName{InitializerKind::constant, "constant", "Constant", "value", "", 0, 0},
    InitializerName{InitializerKind::glorot_uniform, "glorot_uniform", "GlorotUniform", "", "", 0, 0},
    InitializerName{InitializerKind::glorot_normal, "glorot_normal", "GlorotNormal", "", "", 0, 0},
    InitializerName{InitializerKind::he_uniform, "he_uniform", "HeUniform", "", "", 0, 0},
    InitializerName{InitializerKind::he_normal, "he_normal", "HeNormal", "", "", 0, 0},
    InitializerName{InitializerKind::lecun_uniform, "lecun_uniform", "LecunUniform", "", "", 0, 0},
    InitializerName{InitializerKind::lecun_normal, "lecun_normal", "LecunNormal", "", "", 0, 0},
    InitializerName{InitializerKind::random_normal, "random_normal", "RandomNormal", "mean", "stddev", 0, 0.05},
    InitializerName{InitializerKind::random_uniform, "random_uniform", "RandomUniform", "minval", "maxval", -0.05, 0.05},
    InitializerName{InitializerKind::truncated_normal, "truncated_normal", "TruncatedNormal", "mean", "stddev", 0, 0.05},
    InitializerName{InitializerKind::orthogonal, "orthogonal", "Orthogonal", "gain", "", 1, 0},
    InitializerName{InitializerKind::variance_scaling, "variance_scaling", "VarianceScaling", "scale", "", 1, 0},
};

// Up to two numbers, by position or by name.
std::array<double, 2> two_numbers(const SpecValue& value, std::string_view spec, std::array<std::string_view, 2> names,
                                  std::array<double, 2> defaults) {
  std::vector<std::string_view> fields;
  for (const auto name : names)
    if (!name.empty()) fields.push_back(name);
  const auto given = bind_fields(value, spec, fields);
  std::array<double, 2> out = defaults;
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i] != nullptr) out[i] = spec_number(*given[i]);
  return out;
}

// `0`, or the first axes as a list: [0, 1, 2].
int leading_axes(const SpecValue* axis) {
  if (axis == nullptr) return 1;
  const auto items = spec_elements(*axis);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (spec_integer(items[i], 0, 15) != static_cast<std::int64_t>(i))
      throw spec_error(*axis, {.category = Category::usage,
                               .what = "norms are taken over a weight's first axes",
                               .expected = "0, [0, 1] or [0, 1, 2]",
                               .got = axis->print()});
  if (items.empty()) throw wrong_type(*axis, "0, [0, 1] or [0, 1, 2]");
  return static_cast<int>(items.size());
}

SpecValue axes_value(int axes) {
  std::vector<SpecValue> list;
  for (int i = 0; i < axes; ++i) list.push_back(SpecValue::of(i));
  return SpecValue::of(std::move(list));
}

}  // namespace

std::int64_t norm_rows(const Constraint& constraint, const Shape& shape) {
  if (static_cast<std::size_t>(constraint.axes) > shape.rank())
    throw Error({.category = Category::usage,
                 .what = "the constraint's axis is out of range",
                 .expected = "at most " + std::to_string(shape.rank()) + " axes, as " + shape.text() + " has",
                 .got = std::to_string(constraint.axes)});
  std::int64_t rows = 1;
  for (std::size_t i = 0; i < static_cast<std::size_t>(constraint.axes); ++i) rows *= shape[i];
  return rows;
}

const std::vector<std::vector<std::string>>& initializer_names() {
  static const std::vector<std::vector<std::string>> names = [] {
    std::vector<std::vector<std::string>> out;
    for (const auto& n : initializers) out.push_back({std::string(n.name), std::string(n.class_name)});
    return out;
  }();
  return names;
}
const std::vector<std::vector<std::string>>& regularizer_names() {
  static const std::vector<std::vector<std::string>> names{{"l1", "L1"}, {"l2", "L2"}, {"l1_l2", "L1L2"}};
  return names;
}
const std::vector<std::vector<std::string>>& constraint_names() {
  static const std::vector<std::vector<std::string>> names{{"max_norm", "MaxNorm"}, {"non_neg", "NonNeg"}, {"unit_norm", "UnitNorm"}};
  return names;
}

Initializer SpecConvert<Initializer>::from(const SpecValue& value) {
  const auto& n = initializers[find_entry(value, "initializer", initializer_names())];
  if (n.kind == InitializerKind::variance_scaling) {
    constexpr std::array<std::string_view, 3> fields{"scale", "mode", "distribution"};
    const auto given = bind_fields(value, n.name, fields);
    Initializer out{.kind = n.kind, .a = given[0] == nullptr ? 1 : spec_number(*given[0])};
    if (given[1] != nullptr) out.mode = SpecConvert<FanMode>::from(*given[1]);
    if (given[2] != nullptr) out.distribution = SpecConvert<ScalingDistribution>::from(*given[2]);
    return out;
  }
  const auto [a, b] = two_numbers(value, n.name, {n.a, n.b}, {n.default_a, n.default_b});
  return {.kind = n.kind, .a = a, .b = b};
}

SpecValue SpecConvert<Initializer>::to(const Initializer& initializer) {
  for (const auto& n : initializers) {
    if (n.kind != initializer.kind) continue;
    SpecValue out = n.a.empty() ? SpecValue::word(n.name) : SpecValue::call(n.name, n.class_name);
    out.class_name = n.class_name;
    if (!n.a.empty()) out.set(n.a, SpecValue::of(initializer.a));
    if (!n.b.empty()) out.set(n.b, SpecValue::of(initializer.b));
    if (n.kind == InitializerKind::variance_scaling)
      out.set("mode", SpecConvert<FanMode>::to(initializer.mode))
          .set("distribution", SpecConvert<ScalingDistribution>::to(initializer.distribution));
    return out;
  }
  return {};
}

Regularizer SpecConvert<Regularizer>::from(const SpecValue& value) {
  if (value.is(SpecKind::none)) return {};
  switch (find_entry(value, "regularizer", regularizer_names())) {
    case 0:
      return l1(two_numbers(value, "l1", {"l1", ""}, {0.01, 0})[0]);
    case 1:
      return l2(two_numbers(value, "l2", {"l2", ""}, {0.01, 0})[0]);
    default: {
      const auto [a, b] = two_numbers(value, "l1_l2", {"l1", "l2"}, {0, 0});
      return {.l1 = a, .l2 = b};
    }
  }
}

SpecValue SpecConvert<Regularizer>::to(const Regularizer& r) {
  if (!r) return {};
  if (r.l2 == 0) return SpecValue::call("l1", "L1").set("l1", SpecValue::of(r.l1));
  if (r.l1 == 0) return SpecValue::call("l2", "L2").set("l2", SpecValue::of(r.l2));
  return SpecValue::call("l1_l2", "L1L2").set("l1", SpecValue::of(r.l1)).set("l2", SpecValue::of(r.l2));
}

Constraint SpecConvert<Constraint>::from(const SpecValue& value) {
  if (value.is(SpecKind::none)) return {};
  const auto fields = [&](std::string_view name, std::vector<std::string_view> names) { return bind_fields(value, name, names); };
  switch (find_entry(value, "constraint", constraint_names())) {
    case 0: {
      const auto given = fields("max_norm", {"max_value", "axis"});
      return max_norm(given[0] == nullptr ? 2 : spec_number(*given[0]), leading_axes(given[1]));
    }
    case 1:
      fields("non_neg", {});
      return non_neg();
    default:
      return unit_norm(leading_axes(fields("unit_norm", {"axis"})[0]));
  }
}

SpecValue SpecConvert<Constraint>::to(const Constraint& c) {
  if (!c.kind) return {};
  const auto& names = constraint_names()[static_cast<std::size_t>(*c.kind)];
  const bool first_axis = c.axes == 1 || *c.kind == ConstraintKind::non_neg;
  if (*c.kind != ConstraintKind::max_norm && first_axis) return SpecValue::word(names[0]);
  SpecValue out = SpecValue::call(names[0], names[1]);
  if (*c.kind == ConstraintKind::max_norm) out.set("max_value", SpecValue::of(c.max_value));
  if (!first_axis) out.set("axis", axes_value(c.axes));
  return out;
}

}  // namespace lehr
