// golden.h: cases recorded from real Keras (tests/golden/keras), and a book of which of them ran.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/atomic_file.h"
#include "engine/data/npz.h"
#include "engine/json.h"
#include "engine/spec/catalogue.h"
#include "engine/spec/json.h"
#include "tests/check/golden_ran.h"

namespace lehr::check {

/// tests/golden/keras/KIND.json with KIND.npz, written by convert_keras.py.
struct Golden {
  JsonValue cases;
  NamedArrays arrays;
  static Golden read(const std::string& kind) {
    const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/keras/" + kind;
    return {JsonValue::parse(read_file(file + ".json"), kind), read_npz(file + ".npz")};
  }
  const Array* find(const std::string& name, const std::string& key) const { return find_array(arrays, name + "/" + key); }
  const Array& at(const std::string& name, const std::string& key) const {
    const Array* found = find(name, key);
    REQUIRE_MESSAGE(found != nullptr, name, " has no ", key);
    return *found;
  }
  std::vector<float> floats(const std::string& name, const std::string& key) const {
    const Array values = at(name, key).as_f32();
    return {values.as<float>().begin(), values.as<float>().end()};
  }
};

/// Numbers of nested JSON lists, in order.
inline void flatten(const JsonValue& json, std::vector<double>& out) {
  if (!json.is_array()) return out.push_back(json.number());
  for (const auto& element : json.elements()) flatten(element, out);
}
inline std::vector<double> flat(const JsonValue& json) {
  std::vector<double> out;
  flatten(json, out);
  return out;
}
inline std::vector<float> flat_f32(const JsonValue& json) {
  const auto numbers = flat(json);
  return {numbers.begin(), numbers.end()};
}
/// Extents of nested lists; for a number none.
inline std::vector<std::int64_t> extents(const JsonValue& json) {
  std::vector<std::int64_t> out;
  for (const JsonValue* level = &json; level->is_array(); level = &level->at(std::size_t{0}))
    out.push_back(static_cast<std::int64_t>(level->size()));
  return out;
}

/// Largest difference over the larger of 1 and the largest expected number; infinite where lengths differ or a number is none.
template <class Got, class Want>
double distance(const std::vector<Got>& got, const std::vector<Want>& want) {
  if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
  double worst = 0, scale = 1;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
    worst = std::isfinite(difference) ? std::max(worst, difference) : std::numeric_limits<double>::infinity();
    scale = std::max(scale, std::abs(static_cast<double>(want[i])));
  }
  return worst / scale;
}

/// Which cases of a file under tests/golden ran, and why the others did not. A case that is left out stands in tests/golden/skipped.json with
/// its reason, and one that stands there does not run; that every case is one or the other is golden_cases.py's to find.
class Book {
 public:
  explicit Book(std::string file) : file_(std::move(file)), reasons_(reasons_of(file_)) {}
  void ran(const std::string& name, double used) {
    CHECK_MESSAGE(reasons_.find(name) == nullptr, file_, ": ", name, " runs; take it out of tests/golden/skipped.json");
    golden_ran(file_, name);
    ++ran_;
    if (used > worst_) {
      worst_ = used;
      worst_name_ = name;
    }
  }
  void skipped(const std::string& name, const std::string& why) {
    CHECK_MESSAGE(reasons_.find(name) != nullptr, file_, ": ", name, " does not run (", why,
                  ") and tests/golden/skipped.json has no reason");
    ++skipped_;
  }
  void close(const std::string& what) const {
    MESSAGE(what << ": " << ran_ << " cases ran, at most " << 100 * worst_ << " % of the tolerance used (" << worst_name_ << "); "
                 << skipped_ << " skipped");
    CHECK(ran_ > 0);
  }

 private:
  static JsonValue reasons_of(const std::string& file) {
    const std::string name = std::string(LEHR_TESTS_DIR) + "/golden/skipped.json";
    const JsonValue all = JsonValue::parse(read_file(name), name);
    const JsonValue* of_file = all.find(file);
    return of_file == nullptr ? JsonValue::object() : *of_file;
  }

  std::string file_;
  JsonValue reasons_;
  int ran_ = 0, skipped_ = 0;
  double worst_ = -1;
  std::string worst_name_;
};

/// Share of the tolerance that a case states (upstream.json) which the worst of these numbers uses.
template <class Got>
double used_of(const JsonValue& tolerance, const std::vector<Got>& got, const std::vector<double>& want) {
  if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
  double used = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double allowed = tolerance.at("atol").number() + tolerance.at("rtol").number() * std::abs(want[i]) + 1e-12;
    const double share = std::abs(static_cast<double>(got[i]) - want[i]) / allowed;
    used = std::isfinite(share) ? std::max(used, share) : std::numeric_limits<double>::infinity();
  }
  return used;
}

/// Why a recorded config cannot be made here: an unknown name or key, a value that is an object of its own. Empty: it can.
template <class Base>
std::string unsupported(const Catalogue<Base>& catalogue, const std::string& class_name, const JsonValue& config) {
  const auto* entry = catalogue.find(class_name);
  if (entry == nullptr) return "no " + catalogue.kind() + " " + class_name;
  const auto fields = entry->fields();
  for (const auto& [key, value] : config.members()) {
    if (std::none_of(fields.begin(), fields.end(), [&](const FieldDoc& f) { return f.name == key; })) return "no key " + key;
    if (const JsonValue* name = value.find("class_name"); name != nullptr && key != "learning_rate") return key + " " + name->string();
  }
  return {};
}
/// The recorded object as a spec.
inline SpecValue recorded_spec(const std::string& class_name, const JsonValue& config) {
  return spec_from_json(JsonValue::object({{"class_name", class_name}, {"config", config}}), class_name);
}

}  // namespace lehr::check
