#include "layers/keras_graph.h"

#include <algorithm>
#include <set>

#include "layers/operation.h"

namespace lehr {

namespace {

std::vector<KerasItem> items_by_rank(const Network& network, std::size_t group) {
  std::vector<KerasItem> items;
  std::map<std::size_t, std::size_t> item_of;  // first use -> item
  for (std::size_t i = 0; i < network.size(); ++i) {
    const auto& entry = network.entries()[i];
    if (entry.group != group || entry.call != 0) continue;
    const auto [found, first] = item_of.emplace(network.owner(i), items.size());
    if (first) items.push_back({.rank = entry.rank, .entry = network.owner(i)});
    items[found->second].uses.push_back({.inputs = entry.inputs, .output = i + 1});
  }
  for (std::size_t g = 1; g < network.groups().size(); ++g) {
    if (network.groups()[g].parent != group) continue;
    KerasItem item{.rank = network.groups()[g].rank, .group = g};
    for (const auto& use : network.groups()[g].uses)
      if (use.call == 0) item.uses.push_back({.inputs = {use.input}, .output = use.output});
    items.push_back(std::move(item));
  }
  std::stable_sort(items.begin(), items.end(), [](const KerasItem& a, const KerasItem& b) {
    return std::pair(a.rank, a.uses.empty() ? 0 : a.uses[0].output) < std::pair(b.rank, b.uses.empty() ? 0 : b.uses[0].output);
  });
  return items;
}

/// One use of an item.
struct Use {
  std::size_t item = 0, use = 0;
  auto operator<=>(const Use&) const = default;
};

/// Uses from the inputs to `output`, each after what it takes; `met` gets each item's place on the way back.
class WayBack {
 public:
  WayBack(const std::vector<KerasItem>& items, std::size_t output) : items_(items), met(items.size()) {
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::size_t u = 0; u < items[i].uses.size(); ++u) producer[items[i].uses[u].output] = {i, u};
    walk(output);
  }

 private:
  struct Open {
    Use use;
    std::size_t next = 0;  ///< of its inputs
  };
  void walk(std::size_t output) {
    std::vector<Open> open;
    const auto enter = [&](std::size_t node) {
      const auto found = producer.find(node);
      if (found == producer.end() || !entered_.insert(found->second).second) return;
      if (auto& place = met[found->second.item]; !place) place = next_++;
      open.push_back({found->second});
    };
    enter(output);
    while (!open.empty()) {
      const Use use = open.back().use;
      const auto& inputs = items_[use.item].uses[use.use].inputs;
      if (open.back().next < inputs.size()) {
        enter(inputs[open.back().next++]);
      } else {
        order.push_back(use);
        open.pop_back();
      }
    }
  }

  const std::vector<KerasItem>& items_;
  std::set<Use> entered_;
  std::size_t next_ = 0;

 public:
  std::map<std::size_t, Use> producer;  ///< of a node
  std::vector<Use> order;
  std::vector<std::optional<std::size_t>> met;
};

/// The longest way of each item to the output.
std::vector<std::size_t> depths_of(const std::vector<KerasItem>& items, const WayBack& way) {
  std::map<Use, std::size_t> of_use;
  std::vector<std::size_t> of_item(items.size(), 0);
  for (auto use = way.order.rbegin(); use != way.order.rend(); ++use) {
    const std::size_t depth = std::max(of_use[*use], of_item[use->item]);
    of_item[use->item] = of_use[*use] = depth;
    for (const std::size_t node : items[use->item].uses[use->use].inputs)
      if (const auto from = way.producer.find(node); from != way.producer.end()) {
        auto& before = of_use[from->second];
        before = std::max(before, depth + 1);
      }
  }
  return of_item;
}

}  // namespace

std::vector<KerasItem> keras_items(const Network& network, std::size_t group) {
  auto items = items_by_rank(network, group);
  if (network.groups()[group].class_name == "Sequential") return items;
  const WayBack way(items, group == 0 ? network.size() : network.groups()[group].uses.at(0).output);
  const auto depths = depths_of(items, way);
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // What the output does not need, Keras would not hold; it comes last.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (!way.met[a] || !way.met[b]) return way.met[a].has_value() && !way.met[b].has_value();
    return depths[a] != depths[b] ? depths[a] > depths[b] : *way.met[a] < *way.met[b];
  });
  std::vector<KerasItem> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(items[i]));
  return sorted;
}

std::string keras_input_name(const Network& network, std::size_t group) {
  const auto& given = network.groups()[group].input_name;
  return !given.empty() ? given : group == 0 ? "input_layer" : "input_layer_" + std::to_string(group);
}

std::size_t keras_input_node(const Network& network, std::size_t group) {
  return group == 0 ? 0 : network.groups()[group].uses.at(0).input;
}

bool is_keras_chain(const Network& network, std::size_t group) {
  std::size_t previous = keras_input_node(network, group);
  for (const auto& item : items_by_rank(network, group)) {
    if (item.uses.size() != 1 || item.uses[0].inputs != std::vector{previous}) return false;
    previous = item.uses[0].output;
  }
  return true;
}

bool is_keras_sequential(const Network& network, std::size_t group) {
  const auto& entries = network.entries();
  return network.groups()[group].class_name == "Sequential" && is_keras_chain(network, group) &&
         std::none_of(entries.begin(), entries.end(),
                      [&](const Network::Entry& e) { return e.group == group && e.layer.as<Operation>() != nullptr; });
}

std::string keras_name(const Network& network, std::size_t entry, const std::vector<std::string>& names) {
  const auto& given = network.entries()[entry].layer.name();
  return given.empty() ? names[entry] : given;
}

std::map<std::size_t, KerasHistory> keras_histories(const Network& network, std::size_t group, const std::vector<std::string>& names) {
  std::map<std::size_t, KerasHistory> out;
  out[keras_input_node(network, group)] = {keras_input_name(network, group)};
  for (const auto& item : items_by_rank(network, group))
    for (std::size_t u = 0; u < item.uses.size(); ++u)
      out[item.uses[u].output] = {item.entry ? keras_name(network, *item.entry, names) : network.groups()[item.group].name, u};
  return out;
}

}  // namespace lehr
