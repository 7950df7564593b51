#include "engine/spec/search.h"

namespace lehr {

namespace {

template <class Value, class F>
void for_each_child(Value& value, F&& f) {
  for (auto& item : value.items) f(item);
  for (auto& keyword : value.keywords) f(keyword.value);
}

void collect(const SpecValue& value, std::vector<const SpecValue*>& found) {
  if (value.is(SpecKind::searched)) found.push_back(&value);
  for_each_child(value, [&](const SpecValue& child) { collect(child, found); });
}

/// a | (b | c), which has no text of its own, is a | b | c.
void flatten(SpecValue& pipeline) {
  std::vector<SpecValue> items;
  for (auto& item : pipeline.items) {
    if (!item.is(SpecKind::pipeline)) {
      items.push_back(std::move(item));
      continue;
    }
    for (auto& inner : item.items) items.push_back(std::move(inner));
  }
  pipeline.items = std::move(items);
}

SpecValue chosen(const SpecValue& tree, const std::function<SpecValue(const SpecValue&)>& choose, int depth) {
  // An answer that holds the question again would never end.
  if (depth > 128) throw spec_error(tree, {.what = "searched values are nested too deep"});
  if (tree.is(SpecKind::searched)) return chosen(choose(tree), choose, depth + 1);
  SpecValue out = tree;
  for_each_child(out, [&](SpecValue& child) { child = chosen(child, choose, depth + 1); });
  if (out.is(SpecKind::pipeline)) flatten(out);
  return out;
}

}  // namespace

std::vector<const SpecValue*> searched_values(const SpecValue& tree) {
  std::vector<const SpecValue*> found;
  collect(tree, found);
  return found;
}

SpecValue with_chosen(const SpecValue& tree, const std::function<SpecValue(const SpecValue&)>& choose) { return chosen(tree, choose, 0); }

SpecValue with_suffix(const SpecValue& tree, std::string_view suffix) {
  SpecValue out = tree;
  if (out.is(SpecKind::searched)) out.text += suffix;
  for_each_child(out, [&](SpecValue& child) { child = with_suffix(child, suffix); });
  return out;
}

}  // namespace lehr
