// convert.h: tree -> aggregate and back, through the aggregate's one list of fields.
//
//   Adam adam = from_spec<Adam>(parse_spec("adam(1e-4, beta_2=0.98)", "--optimizer"));
//   to_spec(adam).print()  ->  adam(learning_rate=0.0001, beta_2=0.98)
//
// A type that may be a field has a SpecConvert: numbers, bool, text, optional, vector, array, enums with a SpecEnum, aggregates with
// fields(), and SpecValue itself (takes anything). Type-erased values (a layer, a schedule) specialize SpecConvert with a Catalogue.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/spec/fields.h"
#include "engine/spec/value.h"

namespace lehr {

/// Specialize: `static T from(const SpecValue&)`, `static SpecValue to(const T&)`, `static std::string expects()`.
template <class T>
struct SpecConvert;

/// Names of an enum. Specialize with `static constexpr std::pair<std::string_view, E> names[]` (the first name of a value is the one
/// printed; further ones are read), or with `static std::string_view name(E)`, `static std::optional<E> value(std::string_view)` and
/// `static constexpr int count`.
template <class E>
struct SpecEnum;

// ---- what the templates below stand on (convert.cpp) ------------------------------------------------------------------------------------
std::int64_t spec_integer(const SpecValue& value, std::int64_t lowest, std::int64_t highest);
double spec_number(const SpecValue& value);  ///< also the words inf, -inf, nan
bool spec_boolean(const SpecValue& value);
std::string spec_text(const SpecValue& value);  ///< word, quoted text, or the text as it was typed
/// The elements of a list; a value that is no list is a list of itself.
std::span<const SpecValue> spec_elements(const SpecValue& value);
/// For each field the value given to it, null where none was. Errors: unknown key (lists all keys, the nearest, an old name's successor),
/// too many positional values, a field given twice. With `unknown` set, unknown keys are collected there.
/// Variadic: all positional values belong to the first field (entry 0 stays null).
std::vector<const SpecValue*> bind_fields(const SpecValue& call, std::string_view spec, std::span<const std::string_view> fields,
                                          bool variadic = false, std::vector<std::string>* unknown = nullptr);
Error missing_field(const SpecValue& call, std::string_view spec, std::string_view field, std::string_view expects,
                    std::string_view meaning);
Error wrong_name(const SpecValue& value, std::string_view expected);
std::string positional_size_text(std::span<const int> extents);
bool answers_to(const SpecValue& value, const SpecInfo& info);  ///< value's name is the spec's name or class name

template <class T>
struct IsRequired : std::false_type {};
template <class T>
struct IsRequired<Required<T>> : std::true_type {};

/// A spec with `static constexpr bool variadic = true` takes any number of positional values into its first field, a vector.
template <class T>
constexpr bool is_variadic() {
  if constexpr (requires { T::variadic; }) {
    return T::variadic;
  } else {
    return false;
  }
}

template <SpecType T>
std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  const T spec{};
  for_each_field(spec, [&](std::string_view name, const auto&, std::string_view = {}) { names.push_back(name); });
  return names;
}

/// The fields of T as the call gives them, whatever the call's name; the others keep their defaults.
template <SpecType T>
T read_fields(const SpecValue& call, std::vector<std::string>* unknown = nullptr) {
  T spec{};
  const auto names = field_names<T>();
  const auto given = bind_fields(call, T::info.name, names, is_variadic<T>(), unknown);
  std::size_t i = 0;
  for_each_field(spec, [&](std::string_view name, auto& member, std::string_view meaning = {}) {
    using M = std::remove_cvref_t<decltype(member)>;
    const SpecValue* value = given[i++];
    if (value) {
      member = SpecConvert<M>::from(*value);
      return;
    }
    if constexpr (is_variadic<T>()) {
      if constexpr (requires { member = SpecConvert<M>::from_items(call.items); }) {
        if (i == 1 && !call.items.empty()) member = SpecConvert<M>::from_items(call.items);
      }
    }
    if constexpr (IsRequired<M>::value) {
      if (!member.has_value()) throw missing_field(call, T::info.name, name, SpecConvert<M>::expects(), meaning);
    }
  });
  return spec;
}

/// Checks the name, too: `adam` or `Adam(…)` for the spec named adam.
template <SpecType T>
T from_spec(const SpecValue& value) {
  if (!answers_to(value, T::info)) throw wrong_name(value, T::info.name);
  return read_fields<T>(value);
}

/// Every field by keyword, defaults too: what Keras's config holds. A required field that is unset is left out.
template <SpecType T>
SpecValue to_config(const T& spec) {
  SpecValue call = SpecValue::call(T::info.name, T::info.class_name);
  for_each_field(spec, [&](std::string_view name, const auto& member, std::string_view = {}) {
    using M = std::remove_cvref_t<decltype(member)>;
    if constexpr (IsRequired<M>::value) {
      if (!member.has_value()) return;
    }
    call.set(name, SpecConvert<M>::to(member));
  });
  return call;
}

/// Only what differs from the defaults; required fields at the front are positional. Reads back to an equal spec.
template <SpecType T>
SpecValue to_spec(const T& spec) {
  const SpecValue defaults = to_config(T{});
  SpecValue call = SpecValue::call(T::info.name, T::info.class_name);
  bool positional = true;
  for_each_field(spec, [&](std::string_view name, const auto& member, std::string_view = {}) {
    using M = std::remove_cvref_t<decltype(member)>;
    if constexpr (IsRequired<M>::value) {
      if (!member.has_value()) return;
    }
    SpecValue value = SpecConvert<M>::to(member);
    if (is_variadic<T>() && positional && value.is(SpecKind::list)) {
      call.items = std::move(value.items);
      positional = false;
    } else if (positional && IsRequired<M>::value) {
      call.items.push_back(std::move(value));
    } else {
      positional = false;
      const SpecValue* fallback = defaults.keyword(name);
      if (!fallback || !(*fallback == value)) call.set(name, std::move(value));
    }
  });
  if (call.items.empty() && call.keywords.empty()) call.kind = SpecKind::word;
  return call;
}

/// Field by field.
template <SpecType T>
bool same_spec(const T& a, const T& b) {
  return to_config(a) == to_config(b);
}

/// One row of `lehr help NAME`.
struct FieldDoc {
  std::string name, type, meaning;
  std::string default_text;  ///< as typed; empty where the field is required
  bool required = false;
};

template <SpecType T>
std::vector<FieldDoc> field_docs() {
  std::vector<FieldDoc> docs;
  const T spec{};
  for_each_field(spec, [&](std::string_view name, const auto& member, std::string_view meaning = {}) {
    using M = std::remove_cvref_t<decltype(member)>;
    FieldDoc doc{.name = std::string(name), .type = SpecConvert<M>::expects(), .meaning = std::string(meaning), .default_text = {}};
    if constexpr (IsRequired<M>::value) {
      doc.required = true;
    } else {
      doc.default_text = SpecConvert<M>::to(member).print();
    }
    docs.push_back(std::move(doc));
  });
  return docs;
}

// ---- the types that may be fields -------------------------------------------------------------------------------------------------------
template <>
struct SpecConvert<SpecValue> {
  static SpecValue from(const SpecValue& value) { return value; }
  static SpecValue to(const SpecValue& value) { return value; }
  static std::string expects() { return "a value"; }
};

template <>
struct SpecConvert<bool> {
  static bool from(const SpecValue& value) { return spec_boolean(value); }
  static SpecValue to(bool value) { return SpecValue::of(value); }
  static std::string expects() { return "true or false"; }
};

template <std::integral T>
struct SpecConvert<T> {
  static_assert(sizeof(T) < sizeof(std::int64_t) || std::is_signed_v<T>, "wider than spec_integer");
  static T from(const SpecValue& value) {
    return static_cast<T>(spec_integer(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
  static SpecValue to(T value) { return SpecValue::of(static_cast<std::int64_t>(value)); }
  static std::string expects() { return "a whole number"; }
};

template <std::floating_point T>
struct SpecConvert<T> {
  static T from(const SpecValue& value) { return static_cast<T>(spec_number(value)); }
  static SpecValue to(T value) { return SpecValue::of(value); }
  static std::string expects() { return "a number"; }
};

template <>
struct SpecConvert<std::string> {
  static std::string from(const SpecValue& value) { return spec_text(value); }
  static SpecValue to(const std::string& value) { return SpecValue::of(std::string_view(value)); }
  static std::string expects() { return "text"; }
};

template <class T>
struct SpecConvert<Required<T>> {
  static Required<T> from(const SpecValue& value) { return SpecConvert<T>::from(value); }
  static SpecValue to(const Required<T>& value) { return SpecConvert<T>::to(value.value()); }
  static std::string expects() { return SpecConvert<T>::expects(); }
  static Required<T> from_items(std::span<const SpecValue> items)
    requires requires { SpecConvert<T>::from_items(items); }
  {
    return SpecConvert<T>::from_items(items);
  }
};

template <class T>
struct SpecConvert<std::optional<T>> {
  static std::optional<T> from(const SpecValue& value) {
    if (value.is(SpecKind::none)) return std::nullopt;
    return SpecConvert<T>::from(value);
  }
  static SpecValue to(const std::optional<T>& value) { return value ? SpecConvert<T>::to(*value) : SpecValue{}; }
  static std::string expects() { return SpecConvert<T>::expects() + " or none"; }
};

template <class T>
struct SpecConvert<std::vector<T>> {
  static std::vector<T> from(const SpecValue& value) { return from_items(spec_elements(value)); }
  static std::vector<T> from_items(std::span<const SpecValue> items) {
    std::vector<T> out;
    out.reserve(items.size());
    for (const auto& item : items) out.push_back(SpecConvert<T>::from(item));
    return out;
  }
  static SpecValue to(const std::vector<T>& values) {
    std::vector<SpecValue> out;
    for (const auto& value : values) out.push_back(SpecConvert<T>::to(value));
    return SpecValue::of(std::move(out));
  }
  static std::string expects() { return "a list [...]: " + SpecConvert<T>::expects() + " each"; }
};

/// One value stands for all elements: kernel_size=3 is 3x3.
template <class T, std::size_t N>
struct SpecConvert<std::array<T, N>> {
  static std::array<T, N> from(const SpecValue& value) {
    const auto items = spec_elements(value);
    if (items.size() != N && (items.size() != 1 || value.is(SpecKind::list))) throw wrong_type(value, expects());
    std::array<T, N> out;
    for (std::size_t i = 0; i < N; ++i) out[i] = SpecConvert<T>::from(items[items.size() == 1 ? 0 : i]);
    return out;
  }
  static SpecValue to(const std::array<T, N>& values) {
    std::vector<SpecValue> out;
    for (const auto& value : values) out.push_back(SpecConvert<T>::to(value));
    SpecValue list = SpecValue::of(std::move(out));
    if constexpr (std::is_same_v<T, int>) list.text = positional_size_text(values);
    return list;
  }
  static std::string expects() {
    if constexpr (std::is_same_v<T, int> && N == 2) return "a size (3, 3x3 or [3, 3])";
    return SpecConvert<T>::expects() + " or a list of " + std::to_string(N);
  }
};

template <SpecType T>
struct SpecConvert<T> {
  static T from(const SpecValue& value) { return from_spec<T>(value); }
  static SpecValue to(const T& value) { return to_config(value); }
  static std::string expects() { return std::string(T::info.name) + "(...)"; }
};

// ---- enums ------------------------------------------------------------------------------------------------------------------------------
bool enum_name_matches(const SpecValue& value, std::string_view name);
/// `expected one of valid, same`, with the nearest.
Error unknown_choice(const SpecValue& value, const std::vector<std::string>& names);
std::string choices_text(const std::vector<std::string>& names);  ///< for help: `valid | same`

template <class E>
  requires std::is_enum_v<E>
struct SpecConvert<E> {
  static std::vector<std::string> names() {
    std::vector<std::string> out;
    if constexpr (requires { SpecEnum<E>::names; }) {
      std::vector<E> seen;
      for (const auto& [name, value] : SpecEnum<E>::names) {
        bool known = false;
        for (const E e : seen) known = known || e == value;
        if (!known) out.emplace_back(name);
        seen.push_back(value);
      }
    } else {
      for (int i = 0; i < SpecEnum<E>::count; ++i) out.emplace_back(SpecEnum<E>::name(static_cast<E>(i)));
    }
    return out;
  }
  static E from(const SpecValue& value) {
    if constexpr (requires { SpecEnum<E>::names; }) {
      for (const auto& [name, e] : SpecEnum<E>::names)
        if (enum_name_matches(value, name)) return e;
    } else {
      for (int i = 0; i < SpecEnum<E>::count; ++i)
        if (enum_name_matches(value, SpecEnum<E>::name(static_cast<E>(i)))) return static_cast<E>(i);
      if (const auto other = SpecEnum<E>::value(value.written())) return *other;
    }
    throw unknown_choice(value, names());
  }
  static SpecValue to(E value) {
    if constexpr (requires { SpecEnum<E>::names; }) {
      for (const auto& [name, e] : SpecEnum<E>::names)
        if (e == value) return SpecValue::word(name);
      return SpecValue::of(static_cast<std::int64_t>(value));
    } else {
      return SpecValue::word(SpecEnum<E>::name(value));
    }
  }
  static std::string expects() { return choices_text(names()); }
};

}  // namespace lehr
