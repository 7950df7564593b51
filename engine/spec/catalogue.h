// catalogue.h: the written list of specs that may stand for one kind of thing: layers, optimizers, callbacks, schedules, oracles.
//
//   const Catalogue<Layer>& layers() {
//     static const Catalogue<Layer> list("layer", {Catalogue<Layer>::entry<Dense>(),
//     Catalogue<Layer>::entry<MaxPooling2D>({"max_pool2d"})}); return list;
//   }
//   template <> struct SpecConvert<Layer> { static Layer from(const SpecValue& v) { return layers().from(v); } … };
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/spec/convert.h"

namespace lehr {

/// What the help says about one entry.
struct SpecDoc {
  std::string name, class_name, summary, formula;
  std::vector<std::string> aliases;
  std::vector<FieldDoc> fields;
};

/// Index of the name that `value` asks for, comparing without case and underscores; throws an Error that lists the nearest.
/// `names` holds, for each entry, all it answers to.
std::size_t find_entry(const SpecValue& value, std::string_view kind, const std::vector<std::vector<std::string>>& names);
std::ptrdiff_t find_entry(std::string_view name, const std::vector<std::vector<std::string>>& names);  ///< -1 where unknown

template <class Base>
class Catalogue {
 public:
  struct Entry {
    SpecInfo info;
    std::vector<std::string> aliases = {};
    std::vector<FieldDoc> (*fields)() = nullptr;
    Base (*make)(const SpecValue&) = nullptr;
  };

  /// An entry of the aggregate T, from which Base can be made.
  template <SpecType T>
  static Entry entry(std::vector<std::string> aliases = {}) {  // NOLINT(performance-unnecessary-value-param): it is moved
    return {.info = T::info, .aliases = std::move(aliases), .fields = field_docs<T>, .make = [](const SpecValue& value) -> Base {
              return Base(read_fields<T>(value));
            }};
  }

  /// `kind` is what errors call an entry: "layer".
  Catalogue(std::string kind, std::vector<Entry> entries) : kind_(std::move(kind)), entries_(std::move(entries)) {
    for (const auto& e : entries_) {
      std::vector<std::string> all{std::string(e.info.name)};
      if (!e.info.class_name.empty()) all.emplace_back(e.info.class_name);
      all.insert(all.end(), e.aliases.begin(), e.aliases.end());
      names_.push_back(std::move(all));
    }
  }

  Base from(const SpecValue& value) const { return entries_[find_entry(value, kind_, names_)].make(value); }
  const Entry* find(std::string_view name) const {
    const auto i = find_entry(name, names_);
    return i < 0 ? nullptr : &entries_[static_cast<std::size_t>(i)];
  }
  bool knows(const SpecValue& value) const { return value.named() && find(value.text); }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& kind() const { return kind_; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& e : entries_) out.emplace_back(e.info.name);
    return out;
  }
  std::string expects() const { return "a" + std::string(vowel(kind_) ? "n " : " ") + kind_; }
  SpecDoc doc(const Entry& e) const {
    return {.name = std::string(e.info.name),
            .class_name = std::string(e.info.class_name),
            .summary = std::string(e.info.summary),
            .formula = std::string(e.info.formula),
            .aliases = e.aliases,
            .fields = e.fields ? e.fields() : std::vector<FieldDoc>{}};
  }
  std::vector<SpecDoc> docs() const {
    std::vector<SpecDoc> out;
    for (const auto& e : entries_) out.push_back(doc(e));
    return out;
  }

 private:
  static bool vowel(std::string_view word) { return !word.empty() && std::string_view("aeiou").find(word[0]) != std::string_view::npos; }

  std::string kind_;
  std::vector<Entry> entries_;
  std::vector<std::vector<std::string>> names_;
};

}  // namespace lehr
