#include "engine/spec/convert.h"

#include <cmath>

#include "engine/number_text.h"
#include "engine/spec/names.h"

namespace lehr {

std::int64_t spec_integer(const SpecValue& value, std::int64_t lowest, std::int64_t highest) {
  const auto outside = [&] {
    return spec_error(value, {.what = "this number is out of range",
                              .expected = "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest),
                              .got = value.print()});
  };
  if (!value.is(SpecKind::number)) throw wrong_type(value, "a whole number");
  std::int64_t number = 0;
  if (const auto written = parse_integer(value.text)) {
    number = *written;
  } else {
    if (std::floor(value.number) != value.number) throw wrong_type(value, "a whole number");
    if (std::fabs(value.number) > 9007199254740992.0) throw outside();  // beyond 2^53 a double is no certain integer
    number = static_cast<std::int64_t>(value.number);
  }
  if (number < lowest || number > highest) throw outside();
  return number;
}

double spec_number(const SpecValue& value) {
  if (value.is(SpecKind::number)) return value.number;
  if (value.is(SpecKind::word) || value.is(SpecKind::string)) {
    const std::string key = name_key(value.text);
    if (key == "inf" || key == "+inf") return std::numeric_limits<double>::infinity();
    if (key == "-inf") return -std::numeric_limits<double>::infinity();
    if (key == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  throw wrong_type(value, "a number");
}

bool spec_boolean(const SpecValue& value) {
  if (!value.is(SpecKind::boolean)) throw wrong_type(value, "true or false");
  return value.number != 0;
}

std::string spec_text(const SpecValue& value) {
  if (value.is(SpecKind::searched)) throw wrong_type(value, "text");
  return value.written();
}

std::span<const SpecValue> spec_elements(const SpecValue& value) {
  if (value.is(SpecKind::none)) return {};
  if (value.is(SpecKind::list)) return value.items;
  return {&value, 1};
}

namespace {

/// Names of older Keras versions (1.x, 2.x) and of PyTorch, with what they are called now; the first successor that is a field counts.
struct OldName {
  std::string_view old;
  std::string_view successor;
};
constexpr OldName old_names[] = {{"lr", "learning_rate"},
                                 {"lr", "initial_learning_rate"},
                                 {"lr", "initial"},
                                 {"eta", "learning_rate"},
                                 {"decay", "weight_decay"},
                                 {"decay", "decay_rate"},
                                 {"nb_epoch", "epochs"},
                                 {"num_epochs", "epochs"},
                                 {"nb_filter", "filters"},
                                 {"out_channels", "filters"},
                                 {"border_mode", "padding"},
                                 {"subsample", "strides"},
                                 {"stride", "strides"},
                                 {"dilation", "dilation_rate"},
                                 {"output_dim", "units"},
                                 {"out_features", "units"},
                                 {"init", "kernel_initializer"},
                                 {"bias", "use_bias"},
                                 {"w_regularizer", "kernel_regularizer"},
                                 {"b_regularizer", "bias_regularizer"},
                                 {"weight_regularizer", "kernel_regularizer"},
                                 {"p", "rate"},
                                 {"drop_prob", "rate"},
                                 {"eps", "epsilon"},
                                 {"epsilon", "min_delta"},
                                 {"alpha", "negative_slope"},
                                 {"betas", "beta_1"},
                                 {"period", "save_freq"},
                                 {"filename", "filepath"},
                                 {"path", "filepath"},
                                 {"T_max", "decay_steps"},
                                 {"gamma", "decay_rate"},
                                 {"smoothing", "label_smoothing"}};

std::string successor_hint(std::string_view key, std::span<const std::string_view> fields) {
  for (const auto& [old, successor] : old_names) {
    if (!same_name(key, old)) continue;
    for (const auto field : fields) {
      if (field != successor) continue;
      std::string hint = "'" + std::string(key) + "' is now " + std::string(successor) + ".";
      if (key == "decay" && successor == "weight_decay")
        hint += " Keras's old decay lowered the learning rate: that is learning_rate=time_based_decay(...) or inverse_time_decay(...).";
      return hint;
    }
  }
  return {};
}

Error unknown_key(const SpecValue& call, const SpecKeyword& keyword, std::string_view spec, std::span<const std::string_view> fields) {
  const std::vector<std::string> known(fields.begin(), fields.end());
  std::string hint = successor_hint(keyword.name, fields);
  if (hint.empty()) hint = did_you_mean(nearest(keyword.name, known));
  SpecValue place = call;
  place.offset = keyword.offset;
  return spec_error(place, {.what = std::string(spec) + " has no key '" + keyword.name + "'",
                            .expected = known.empty()       ? "no keys"
                                        : known.size() == 1 ? known[0]
                                                            : "one of " + one_of(known),
                            .hint = std::move(hint)});
}

/// The exact name first, then without case and underscores; fields.size() where there is none.
std::size_t field_index(std::string_view name, std::span<const std::string_view> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i] == name) return i;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (same_name(fields[i], name)) return i;
  return fields.size();
}

std::span<const SpecValue> positional(const SpecValue& call, std::string_view spec) {
  if (!call.named() && !call.is(SpecKind::string)) throw wrong_type(call, std::string(spec) + "(...)");
  return call.items;
}

}  // namespace

std::vector<const SpecValue*> bind_fields(const SpecValue& call, std::string_view spec, std::span<const std::string_view> fields,
                                          bool variadic, std::vector<std::string>* unknown) {
  std::vector<const SpecValue*> given(fields.size(), nullptr);
  const auto values = positional(call, spec);
  if (!variadic) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i >= fields.size()) {
        const std::vector<std::string> known(fields.begin(), fields.end());
        throw spec_error(values[i],
                         {.what = std::string(spec) + " takes fewer values",
                          .expected = known.empty() ? "none" : "at most " + std::to_string(known.size()) + " (" + joined(known) + ")",
                          .got = std::to_string(values.size())});
      }
      given[i] = &values[i];
    }
  }
  for (const auto& keyword : call.keywords) {
    const std::size_t i = field_index(keyword.name, fields);
    if (i == fields.size()) {
      if (!unknown) throw unknown_key(call, keyword, spec, fields);
      unknown->push_back(keyword.name);
      continue;
    }
    if (given[i] || (variadic && i == 0 && !values.empty())) {
      SpecValue place = call;
      place.offset = keyword.offset;
      throw spec_error(place, {.what = std::string(fields[i]) + " of " + std::string(spec) + " is given twice",
                               .expected = "it once, by position or by name"});
    }
    given[i] = &keyword.value;
  }
  return given;
}

Error missing_field(const SpecValue& call, std::string_view spec, std::string_view field, std::string_view expects,
                    std::string_view meaning) {
  return spec_error(call, {.what = std::string(spec) + " needs " + std::string(field) +
                                   (meaning.empty() ? std::string() : " (" + std::string(meaning) + ")"),
                           .expected = std::string(field) + "=" + std::string(expects)});
}

Error wrong_name(const SpecValue& value, std::string_view expected) {
  if (!value.named()) return wrong_type(value, std::string(expected) + "(...)");
  return spec_error(value, {.what = "another name stands here", .expected = std::string(expected), .got = value.text});
}

std::string positional_size_text(std::span<const int> extents) {
  std::string text;
  for (const int extent : extents) {
    if (extent < 0 || extents.size() < 2) return {};
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  }
  return text;
}

bool answers_to(const SpecValue& value, const SpecInfo& info) {
  if (!value.named() && !value.is(SpecKind::string)) return false;
  return info.name.empty() || same_name(value.text, info.name) || (!info.class_name.empty() && same_name(value.text, info.class_name));
}

bool enum_name_matches(const SpecValue& value, std::string_view name) {
  switch (value.kind) {
    case SpecKind::word:
    case SpecKind::string:
    case SpecKind::none:
    case SpecKind::boolean:
    case SpecKind::number:
      return same_name(value.written(), name);
    case SpecKind::call:
      return value.items.empty() && value.keywords.empty() && same_name(value.text, name);
    default:
      return false;
  }
}

Error unknown_choice(const SpecValue& value, const std::vector<std::string>& names) {
  if (value.is(SpecKind::searched)) return wrong_type(value, one_of(names));
  return spec_error(value, {.what = "this choice is unknown",
                            .expected = one_of(names),
                            .got = value.print(),
                            .hint = did_you_mean(nearest(value.written(), names))});
}

std::string choices_text(const std::vector<std::string>& names) { return joined(names, " | "); }

}  // namespace lehr
