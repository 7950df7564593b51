#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/json.h"
#include "engine/utf8.h"
#include "kernels/error.h"

namespace lehr {

namespace {

/// Builds the value as nlohmann's parser goes along; that parser keeps no call stack, so only the depth of the value must be bounded.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(JsonValue()); }
  bool boolean(bool value) override { return add(JsonValue(value)); }
  bool number_integer(std::int64_t value) override { return add(JsonValue(value)); }
  bool number_unsigned(std::uint64_t value) override { return add(JsonValue(value)); }
  bool number_float(double value, const std::string&) override { return add(JsonValue(value)); }
  bool string(std::string& value) override { return add(JsonValue(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::object()); }
  bool start_array(std::size_t) override { return open(JsonValue::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    position_ = position > 0 ? position - 1 : 0;
    const std::string text = error.what();
    const auto colon = text.find(": ", text.find("column"));
    message_ = colon == std::string::npos ? text : text.substr(colon + 2);
    return false;
  }

  JsonValue result;
  std::size_t position_ = 0;
  std::string message_;

 private:
  struct Open {
    JsonValue value;
    std::string key;
  };

  bool add(JsonValue value) {
    if (open_.empty()) {
      result = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push_back(std::move(value));
    } else {
      open_.back().value.append(std::move(open_.back().key), std::move(value));
    }
    return true;
  }
  bool open(JsonValue value) {
    constexpr std::size_t deepest = 256;
    if (open_.size() >= deepest) {
      message_ = "nested deeper than 256";
      return false;
    }
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
};

}  // namespace

JsonValue JsonValue::parse(std::string_view text, std::string_view what) {
  Builder builder;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.result);
  const auto before = text.substr(0, std::min(builder.position_, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto column = before.size() - (before.rfind('\n') + 1) + 1;
  throw Error({.category = Category::data,
               .where = std::string(what) + ", line " + std::to_string(line) + ", column " + std::to_string(column),
               .what = "this is no JSON: " + valid_utf8(builder.message_)});
}

}  // namespace lehr
