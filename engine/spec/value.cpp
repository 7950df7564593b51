#include "engine/spec/value.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "engine/number_text.h"
#include "engine/spec/names.h"
#include "engine/spec/plain.h"

namespace lehr {

SpecValue SpecValue::of(bool value) { return {.kind = SpecKind::boolean, .number = value ? 1.0 : 0.0}; }
SpecValue SpecValue::of(double value) {
  if (!std::isfinite(value)) return word(number_text(value));
  return {.kind = SpecKind::number, .text = number_text(value), .number = value};
}
SpecValue SpecValue::of(float value) {
  if (!std::isfinite(value)) return word(number_text(value));
  const std::string text = number_text(value);  // the double nearest to 0.1, not to 0.1f
  return {.kind = SpecKind::number, .text = text, .number = parse_number(text).value_or(value)};
}
SpecValue SpecValue::of(std::int64_t value) {
  return {.kind = SpecKind::number, .text = std::to_string(value), .number = static_cast<double>(value)};
}
SpecValue SpecValue::of(std::string_view text) {
  const auto harmless = [](unsigned char c) { return std::isalnum(c) || std::string_view("_./-~@+%").find(c) != std::string_view::npos; };
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), harmless) && plain_value(text).is(SpecKind::word);
  return {.kind = plain ? SpecKind::word : SpecKind::string, .text = std::string(text)};
}
SpecValue SpecValue::of(std::vector<SpecValue> elements) { return {.kind = SpecKind::list, .items = std::move(elements)}; }
SpecValue SpecValue::word(std::string_view text) { return {.kind = SpecKind::word, .text = std::string(text)}; }
SpecValue SpecValue::call(std::string_view name, std::string_view class_name) {
  return {.kind = SpecKind::call, .text = std::string(name), .class_name = std::string(class_name)};
}

bool SpecValue::is_integer() const { return kind == SpecKind::number && parse_integer(text).has_value(); }

const SpecValue* SpecValue::keyword(std::string_view name) const {
  for (const auto& k : keywords)
    if (same_name(k.name, name)) return &k.value;
  return nullptr;
}

SpecValue& SpecValue::set(std::string_view name, SpecValue value) {
  kind = SpecKind::call;
  for (auto& k : keywords) {
    if (same_name(k.name, name)) {
      k.value = std::move(value);
      return *this;
    }
  }
  keywords.push_back({.name = std::string(name), .value = std::move(value)});
  return *this;
}

namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      if (c == '\\' || c == '\'') out += '\\';
      out += c;
    }
  }
  return out + "'";
}

std::string printed(const std::vector<SpecValue>& values, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += separator;
    out += values[i].print();
  }
  return out;
}

}  // namespace

std::string SpecValue::print() const {
  switch (kind) {
    case SpecKind::none:
      return "none";
    case SpecKind::boolean:
      return number != 0 ? "true" : "false";
    case SpecKind::number:
      return text.empty() ? number_text(number) : text;
    case SpecKind::word:
      return text;
    case SpecKind::string:
      return quoted(text);
    case SpecKind::list:
      return text.empty() ? "[" + printed(items, ", ") + "]" : text;
    case SpecKind::pipeline:
      return printed(items, " | ");
    case SpecKind::searched:
      return text + ":" + printed(items, "");
    case SpecKind::call:
      break;
  }
  std::string out = text + "(" + printed(items, ", ");
  bool first = items.empty();
  for (const auto& k : keywords) {
    out += (first ? "" : ", ") + k.name + "=" + k.value.print();
    first = false;
  }
  return out + ")";
}

std::string SpecValue::written() const {
  if (kind == SpecKind::string || kind == SpecKind::word) return text;
  return source ? source->text.substr(offset, length) : print();
}

bool operator==(const SpecValue& a, const SpecValue& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case SpecKind::none:
      return true;
    case SpecKind::boolean:
      return a.number == b.number;
    case SpecKind::number: {
      const auto i = parse_integer(a.text), j = parse_integer(b.text);
      return i && j ? *i == *j : a.number == b.number;
    }
    case SpecKind::word:
    case SpecKind::string:
      return a.text == b.text;
    case SpecKind::list:
    case SpecKind::pipeline:
      return a.items == b.items;
    case SpecKind::searched:
      return a.text == b.text && a.items == b.items;
    case SpecKind::call:
      break;
  }
  if (!same_name(a.text, b.text) || a.items != b.items || a.keywords.size() != b.keywords.size()) return false;
  for (const auto& k : a.keywords) {
    const SpecValue* other = b.keyword(k.name);
    if (!other || !(*other == k.value)) return false;
  }
  return true;
}

}  // namespace lehr
