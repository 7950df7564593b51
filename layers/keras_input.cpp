#include "layers/keras_input.h"

#include <vector>

#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::int64_t largest_extent = 1'000'000;
constexpr std::size_t largest_rank = 8;
constexpr std::int64_t most_elements = std::int64_t{1} << 40U;  // products of a few such still are numbers

/// [null, 32, 32, 3] without the batch; none where an extent is unknown.
std::optional<Shape> shape_of(const JsonValue& given, std::string_view what, const std::string& layer, const char* key) {
  const JsonValue* items = given.find("items");  // {"class_name": "__tuple__", "items": [...]}
  const JsonValue& json = items != nullptr ? *items : given;
  const auto damaged = [&] {
    return Error({.category = Category::data,
                  .where = std::string(what) + ", layer \"" + layer + "\"",
                  .what = std::string(key) + " is no shape of an input",
                  .expected = "[null, ...] of at most " + std::to_string(largest_rank) +
                              " numbers from 1 to 1000000, their product below 2^40, null where unknown",
                  .got = json.text().substr(0, 200)});
  };
  if (!json.is_array() || json.size() == 0 || json.size() > largest_rank + 1) throw damaged();
  std::vector<std::int64_t> extents;
  bool whole = true;
  std::int64_t elements = 1;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonValue& extent = json.at(i);
    const bool known = extent.kind() == JsonValue::Kind::integer && extent.integer() >= 1 && extent.integer() <= largest_extent;
    if (!known && !extent.is_null()) throw damaged();
    if (i == 0) continue;
    whole = whole && known;
    if (!known) continue;
    if (elements > most_elements / extent.integer()) throw damaged();
    elements *= extent.integer();
    extents.push_back(extent.integer());
  }
  return whole ? std::optional(Shape(std::move(extents))) : std::nullopt;
}

}  // namespace

std::optional<Shape> declared_input_shape(const JsonValue& config, std::string_view what, const std::string& layer) {
  for (const char* key : {"batch_shape", "batch_input_shape", "build_input_shape"})
    if (const JsonValue* json = config.find(key); json != nullptr && !json->is_null())
      if (const auto shape = shape_of(*json, what, layer, key)) return shape;
  return {};
}

std::string declared_input_dtype(const JsonValue& config) {
  const JsonValue* dtype = config.find("dtype");
  return dtype != nullptr && dtype->is_string() && (dtype->string().starts_with("uint") || dtype->string().starts_with("int"))
             ? dtype->string()
             : "float32";
}

}  // namespace lehr
