#include "engine/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/number_text.h"
#include "engine/utf8.h"
#include "kernels/error.h"

namespace lehr {

namespace {

std::string_view kind_name(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return "a boolean";
    case JsonValue::Kind::integer:
      return "a whole number";
    case JsonValue::Kind::number:
      return "a number";
    case JsonValue::Kind::string:
      return "a string";
    case JsonValue::Kind::array:
      return "an array";
    case JsonValue::Kind::object:
      return "an object";
  }
  return "?";
}

Error wrong_kind(std::string_view expected, JsonValue::Kind kind) {
  return Error({.category = Category::data,
                .what = "the JSON value has another type",
                .expected = std::string(expected),
                .got = std::string(kind_name(kind))});
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr char digits[] = "0123456789abcdef";
          out += "\\u00";
          out += digits[c >> 4];
          out += digits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

JsonValue JsonValue::array() { return array(std::vector<JsonValue>{}); }
JsonValue JsonValue::array(std::vector<JsonValue> elements) {
  JsonValue json;
  json.kind_ = Kind::array;
  json.elements_ = std::move(elements);
  return json;
}

JsonValue JsonValue::object(std::initializer_list<JsonMember> members) {
  JsonValue json;
  json.kind_ = Kind::object;
  json.members_ = members;
  return json;
}

bool JsonValue::boolean() const {
  if (kind_ != Kind::boolean) throw wrong_kind("a boolean", kind_);
  return integer_ != 0;
}

std::int64_t JsonValue::integer() const {
  if (kind_ == Kind::integer) return integer_;
  constexpr double certain = 9007199254740992.0;  // 2^53
  if (kind_ == Kind::number && std::floor(number_) == number_ && std::fabs(number_) <= certain) return static_cast<std::int64_t>(number_);
  throw wrong_kind("a whole number", kind_);
}

double JsonValue::number() const {
  if (kind_ == Kind::null) return std::numeric_limits<double>::quiet_NaN();
  if (kind_ == Kind::integer) return static_cast<double>(integer_);
  if (kind_ != Kind::number) throw wrong_kind("a number", kind_);
  return number_;
}

const std::string& JsonValue::string() const {
  if (kind_ != Kind::string) throw wrong_kind("a string", kind_);
  return string_;
}

const std::vector<JsonValue>& JsonValue::elements() const {
  if (kind_ != Kind::array) throw wrong_kind("an array", kind_);
  return elements_;
}

const std::vector<JsonMember>& JsonValue::members() const {
  if (kind_ != Kind::object) throw wrong_kind("an object", kind_);
  return members_;
}

const JsonValue& JsonValue::at(std::string_view key) const {
  if (kind_ != Kind::object) throw wrong_kind("an object", kind_);
  if (const JsonValue* value = find(key)) return *value;
  throw Error({.category = Category::data, .what = "the JSON object has no '" + std::string(key) + "'"});
}

const JsonValue& JsonValue::at(std::size_t index) const {
  if (index >= elements().size()) {
    throw Error({.category = Category::data,
                 .what = "the JSON array is too short",
                 .expected = std::to_string(index + 1) + " elements or more",
                 .got = std::to_string(elements_.size())});
  }
  return elements_[index];
}

// The last of several members of one name counts, as in Python.
const JsonValue* JsonValue::find(std::string_view key) const {
  // NOLINTNEXTLINE(modernize-loop-convert): there is no range of the reverse but by <ranges>
  for (auto member = members_.rbegin(); member != members_.rend(); ++member)
    if (member->name == key) return &member->value;
  return nullptr;
}

std::size_t JsonValue::size() const { return kind_ == Kind::array ? elements_.size() : members_.size(); }

JsonValue& JsonValue::operator[](std::string_view key) {
  if (kind_ == Kind::null) kind_ = Kind::object;
  if (kind_ != Kind::object) throw wrong_kind("an object", kind_);
  if (const JsonValue* value = find(key)) return const_cast<JsonValue&>(*value);
  members_.push_back({.name = std::string(key), .value = {}});
  return members_.back().value;
}

void JsonValue::append(std::string name, JsonValue value) { members_.push_back({.name = std::move(name), .value = std::move(value)}); }

void JsonValue::push_back(JsonValue value) {
  if (kind_ == Kind::null) kind_ = Kind::array;
  if (kind_ != Kind::array) throw wrong_kind("an array", kind_);
  elements_.push_back(std::move(value));
}

std::string JsonValue::text(int indent) const {
  std::string out;
  write(out, indent, 0);
  return out;
}

/// Arrays of plain values stay on one line.
void JsonValue::write(std::string& out, int indent, int level) const {
  const auto line = [&](int at) {
    if (indent >= 0) out.append(1, '\n').append(static_cast<std::size_t>(indent * at), ' ');
  };
  switch (kind_) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += integer_ != 0 ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(integer_);
      return;
    case Kind::number:
      out += std::isfinite(number_) ? number_text(number_) : "null";
      return;
    case Kind::string:
      write_string(out, string_);
      return;
    case Kind::array: {
      const bool plain = std::none_of(elements_.begin(), elements_.end(), [](const auto& e) { return e.size() > 0; });
      out += '[';
      for (std::size_t i = 0; i < elements_.size(); ++i) {
        if (i > 0) out += plain && indent >= 0 ? ", " : ",";
        if (!plain) line(level + 1);
        elements_[i].write(out, indent, level + 1);
      }
      if (!plain) line(level);
      out += ']';
      return;
    }
    case Kind::object:
      break;
  }
  out += '{';
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (i > 0) out += ',';
    line(level + 1);
    write_string(out, members_[i].name);
    out += indent >= 0 ? ": " : ":";
    members_[i].value.write(out, indent, level + 1);
  }
  if (!members_.empty()) line(level);
  out += '}';
}

bool operator==(const JsonValue& a, const JsonValue& b) {
  using Kind = JsonValue::Kind;
  if (a.is_number() && b.is_number()) {
    return a.kind_ == Kind::integer && b.kind_ == Kind::integer ? a.integer_ == b.integer_ : a.number() == b.number();
  }
  if (a.kind_ != b.kind_ || a.size() != b.size()) return false;
  switch (a.kind_) {
    case Kind::boolean:
      return a.integer_ == b.integer_;
    case Kind::string:
      return a.string_ == b.string_;
    case Kind::array:
      return a.elements_ == b.elements_;
    case Kind::object:
      return std::all_of(a.members_.begin(), a.members_.end(), [&](const JsonMember& member) {
        const JsonValue* other = b.find(member.name);
        return other && *other == member.value;
      });
    default:
      return true;
  }
}

}  // namespace lehr
