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
constexpr std::array initializer_names{
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
};

std::vector<std::vector<std::string>> names_of_all() {
  std::vector<std::vector<std::string>> out;
  for (const auto& n : initializer_names) out.push_back({std::string(n.name), std::string(n.class_name)});
  return out;
}

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

}  // namespace

Initializer SpecConvert<Initializer>::from(const SpecValue& value) {
  const auto& n = initializer_names[find_entry(value, "initializer", names_of_all())];
  const auto [a, b] = two_numbers(value, n.name, {n.a, n.b}, {n.default_a, n.default_b});
  return {.kind = n.kind, .a = a, .b = b};
}

SpecValue SpecConvert<Initializer>::to(const Initializer& initializer) {
  for (const auto& n : initializer_names) {
    if (n.kind != initializer.kind) continue;
    SpecValue out = n.a.empty() ? SpecValue::word(n.name) : SpecValue::call(n.name, n.class_name);
    out.class_name = n.class_name;
    if (!n.a.empty()) out.set(n.a, SpecValue::of(initializer.a));
    if (!n.b.empty()) out.set(n.b, SpecValue::of(initializer.b));
    return out;
  }
  return {};
}

Regularizer SpecConvert<Regularizer>::from(const SpecValue& value) {
  if (value.is(SpecKind::none)) return {};
  const std::vector<std::vector<std::string>> names{{"l1", "L1"}, {"l2", "L2"}, {"l1_l2", "L1L2"}};
  switch (find_entry(value, "regularizer", names)) {
    case 0:
      return l1(two_numbers(value, "l1", {"l1", ""}, {0.01, 0})[0]);
    case 1:
      return l2(two_numbers(value, "l2", {"l2", ""}, {0.01, 0})[0]);
    default: {
      const auto [a, b] = two_numbers(value, "l1_l2", {"l1", "l2"}, {0.01, 0.01});
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
  const std::vector<std::vector<std::string>> names{{"max_norm", "MaxNorm"}, {"non_neg", "NonNeg"}, {"unit_norm", "UnitNorm"}};
  switch (find_entry(value, "constraint", names)) {
    case 0:
      return max_norm(two_numbers(value, "max_norm", {"max_value", ""}, {2, 0})[0]);
    case 1:
      return non_neg();
    default:
      return unit_norm();
  }
}

SpecValue SpecConvert<Constraint>::to(const Constraint& c) {
  if (!c.kind) return {};
  switch (*c.kind) {
    case ConstraintKind::max_norm:
      return SpecValue::call("max_norm", "MaxNorm").set("max_value", SpecValue::of(c.max_value));
    case ConstraintKind::non_neg:
      return SpecValue::word("non_neg");
    default:
      return SpecValue::word("unit_norm");
  }
}

}  // namespace lehr
