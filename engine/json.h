// json.h: JSON as a value: objects keep their order, whole numbers stay whole, doubles read back to the same bits, NaN and infinities
// are null.
//
//   JsonValue json = JsonValue::object({{"run", name}, {"epochs", 3}, {"history", JsonValue::object({{"loss", losses}})}});
//   std::cout << json.text(2);
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lehr {

struct JsonMember;

class JsonValue {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  JsonValue();
  JsonValue(std::nullptr_t);  // NOLINT(google-explicit-constructor)
  JsonValue(bool value);      // NOLINT(google-explicit-constructor)
  template <std::integral T>
  JsonValue(T value);  // NOLINT(google-explicit-constructor)
  template <std::floating_point T>
  JsonValue(T value);                 // NOLINT(google-explicit-constructor)
  JsonValue(std::string value);       // NOLINT(google-explicit-constructor)
  JsonValue(std::string_view value);  // NOLINT(google-explicit-constructor)
  JsonValue(const char* value);       // NOLINT(google-explicit-constructor)
  template <class T>
  JsonValue(const std::vector<T>& values);  // NOLINT(google-explicit-constructor)
  template <class T>
  JsonValue(const std::optional<T>& value);  // NOLINT(google-explicit-constructor)

  static JsonValue array();
  static JsonValue array(std::vector<JsonValue> elements);
  static JsonValue object(std::initializer_list<JsonMember> members = {});

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_number() const { return kind_ == Kind::integer || kind_ == Kind::number; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_object() const { return kind_ == Kind::object; }

  /// These throw Error{data} that names what was expected and what is there. A null read as a number is NaN.
  bool boolean() const;
  std::int64_t integer() const;
  double number() const;
  const std::string& string() const;
  const std::vector<JsonValue>& elements() const;
  const std::vector<JsonMember>& members() const;
  const JsonValue& at(std::string_view key) const;
  const JsonValue& at(std::size_t index) const;

  const JsonValue* find(std::string_view key) const;  ///< null where absent, or where this is no object
  std::size_t size() const;                           ///< of an array or object, else 0
  JsonValue& operator[](std::string_view key);        ///< makes the member (null) where absent; a null becomes an object
  void append(std::string name, JsonValue value);     ///< a further member, without looking for one of that name
  void push_back(JsonValue value);                    ///< a null becomes an array

  /// Without indent on one line.
  std::string text(int indent = -1) const;
  /// `what` is the file, as errors name it. Throws Error{data} with line and column.
  static JsonValue parse(std::string_view text, std::string_view what = "JSON");

  friend bool operator==(const JsonValue& a, const JsonValue& b);

 private:
  void write(std::string& out, int indent, int level) const;

  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double number_ = 0;
  std::string string_;
  std::vector<JsonValue> elements_;
  std::vector<JsonMember> members_;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

inline JsonValue::JsonValue() = default;  // NOLINT(readability-redundant-inline-specifier): the class is complete only here
inline JsonValue::JsonValue(std::nullptr_t) {}
inline JsonValue::JsonValue(bool value) : kind_(Kind::boolean), integer_(value) {}
inline JsonValue::JsonValue(std::string value) : kind_(Kind::string), string_(std::move(value)) {}
inline JsonValue::JsonValue(std::string_view value) : JsonValue(std::string(value)) {}
inline JsonValue::JsonValue(const char* value) : JsonValue(std::string(value)) {}

/// What is too large for 64 bits with a sign becomes a double.
template <std::integral T>
JsonValue::JsonValue(T value) : kind_(Kind::integer), integer_(static_cast<std::int64_t>(value)) {
  if (value > T{} && integer_ < 0) {
    kind_ = Kind::number;
    number_ = static_cast<double>(value);
  }
}

template <std::floating_point T>
JsonValue::JsonValue(T value) : kind_(Kind::number), number_(static_cast<double>(value)) {}

template <class T>
JsonValue::JsonValue(const std::vector<T>& values) : kind_(Kind::array) {
  elements_.reserve(values.size());
  for (const auto& value : values) elements_.emplace_back(static_cast<const T&>(value));
}

template <class T>
JsonValue::JsonValue(const std::optional<T>& value) {
  if (value) *this = JsonValue(*value);
}

}  // namespace lehr
