// round_trip.h: a spec through its text and through Keras's config JSON, and back to the same value, every field of it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/spec/catalogue.h"
#include "engine/spec/json.h"
#include "engine/spec/parse.h"

namespace lehr::check {

/// `read(SpecValue)` makes the value, `config(value)` lists all its fields, `text(value)` those that differ from the defaults.
template <class T, class Read, class Config, class Text>
void round_trip(const T& value, const Read& read, const Config& config, const Text& text) {
  const std::string typed = text(value).print(), json = spec_to_json(config(value)).text();
  CAPTURE(typed);
  CAPTURE(json);
  CHECK(config(read(parse_spec(typed, "test"))) == config(value));
  CHECK(text(read(parse_spec(typed, "test"))).print() == typed);
  CHECK(config(read(spec_from_json(JsonValue::parse(json)))) == config(value));
}

template <class Base>
void round_trip(const Catalogue<Base>& catalogue, const Base& value) {
  round_trip(
      value, [&](const SpecValue& v) { return catalogue.from(v); }, [](const Base& b) { return b.config(); },
      [](const Base& b) { return b.text(); });
}

/// Names of the fields that `config` leaves at their defaults: a round trip says nothing about those.
inline std::vector<std::string> untouched(const std::vector<FieldDoc>& fields, const SpecValue& config) {
  std::vector<std::string> out;
  for (const auto& field : fields) {
    const SpecValue* value = config.keyword(field.name);
    if (value == nullptr || (!field.required && value->print() == field.default_text)) out.push_back(field.name);
  }
  return out;
}

/// A usage error that says what was expected (or what to do) and `word`.
template <class Work>
void refused(const std::string& what, const std::string& word, const Work& work) {
  CAPTURE(what);
  try {
    work();
    FAIL_CHECK("was not refused");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    CHECK((!error.info().expected.empty() || !error.info().hint.empty()));  // of an unknown name the nearest ones are the hint
    CHECK_MESSAGE(std::string(error.what()).find(word) != std::string::npos, std::string(error.what()), " lacks ", word);
  }
}

}  // namespace lehr::check
