#include "layers/network.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace lehr {

Network& Network::add(LayerSpec layer) {
  add(Entry{.layer = std::move(layer), .inputs = {entries_.size()}, .rank = next_rank()});
  return *this;
}

Node Network::add(Entry entry) {
  entries_.push_back(std::move(entry));
  return last();
}

std::size_t Network::add_group(Group group) {
  groups_.push_back(std::move(group));
  return groups_.size() - 1;
}

std::size_t Network::next_rank() const {
  std::size_t rank = 0;
  for (const auto& entry : entries_)
    if (entry.group == 0) rank = std::max(rank, entry.rank + 1);
  for (const auto& group : groups_)
    if (group.parent == 0) rank = std::max(rank, group.rank + 1);
  return rank;
}

Node Network::add(LayerSpec layer, const std::vector<Node>& inputs) {
  Entry entry{.layer = std::move(layer), .rank = next_rank()};
  for (const Node n : inputs) {
    if (n.id > entries_.size())
      throw Error({.category = Category::usage,
                   .where = "network",
                   .what = "a layer's input comes after it",
                   .got = "node " + std::to_string(n.id)});
    entry.inputs.push_back(n.id);
  }
  return add(std::move(entry));
}

Node Network::append(const Network& other, Node input) {
  const std::size_t offset = entries_.size(), group_offset = groups_.size() - 1, rank_offset = next_rank();
  const auto node = [&](std::size_t i) { return i == 0 ? input.id : i + offset; };
  for (std::size_t g = 1; g < other.groups_.size(); ++g) {
    Group copy = other.groups_[g];
    if (copy.parent == 0)
      copy.rank += rank_offset;
    else
      copy.parent += group_offset;
    for (auto& use : copy.uses) use = {.input = node(use.input), .output = node(use.output), .call = use.call};
    groups_.push_back(std::move(copy));
  }
  for (const auto& entry : other.entries_) {
    Entry copy = entry;
    for (auto& i : copy.inputs) i = node(i);
    if (copy.shared_with) *copy.shared_with += offset;
    if (copy.group == 0)
      copy.rank += rank_offset;
    else
      copy.group += group_offset;
    entries_.push_back(std::move(copy));
  }
  if (!input_shape_ && input.id == 0) input_shape_ = other.input_shape_;
  if (!other.weights_.empty()) {
    weights_ = other.weights_;
    for (const auto& entry : other.entries_)
      if (!entry.layer.name().empty()) weight_layers_.push_back(entry.layer.name());
  }
  return other.entries_.empty() ? input : last();
}

Network& Network::append(const Network& other) {
  append(other, last());
  return *this;
}

// A `_` before a capital that starts a word, then lower case; digits do not split: keras.utils.to_snake_case.
std::string automatic_name(std::string_view class_name) {
  std::string out;
  const auto upper = [&](std::size_t i) { return i < class_name.size() && std::isupper(static_cast<unsigned char>(class_name[i])) != 0; };
  const auto lower = [&](std::size_t i) { return i < class_name.size() && std::islower(static_cast<unsigned char>(class_name[i])) != 0; };
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    if (i > 0 && upper(i) && (lower(i - 1) || lower(i + 1))) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(class_name[i])));
  }
  return out;
}

std::vector<std::string> Network::layer_names() const {
  std::vector<std::string> out;
  std::map<std::string, int> counters;
  std::set<std::string> given, taken;  // taken: by any layer, so that automatic names stay clear of them
  for (const auto& entry : entries_)
    if (!entry.layer.name().empty()) taken.insert(entry.layer.name());
  for (const auto& entry : entries_) {
    if (entry.shared_with) {
      out.push_back(out[*entry.shared_with]);
      continue;
    }
    if (!entry.layer.name().empty()) {
      std::string name = entry.layer.name();
      for (std::size_t g = entry.group; g != 0 && given.contains(name); g = groups_[g].parent) name.insert(0, groups_[g].name + "/");
      given.insert(name);
      out.push_back(std::move(name));
      continue;
    }
    const std::string base = automatic_name(entry.layer.info().class_name);
    const auto next = [&] {
      const int count = counters[base]++;
      return count == 0 ? base : base + "_" + std::to_string(count);
    };
    std::string name = next();
    while (taken.contains(name)) name = next();
    out.push_back(std::move(name));
  }
  return out;
}

std::string Network::group_path(std::size_t group) const {
  std::string path;
  for (; group != 0; group = groups_[group].parent) path = groups_[group].name + (path.empty() ? "" : "/" + path);
  return path;
}

std::size_t Network::freeze(std::string_view glob) {
  const std::string pattern(glob);
  const auto matches = [&](const std::string& name) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  for (std::size_t g = 1; g < groups_.size(); ++g)
    if (matches(groups_[g].name) || matches(group_path(g))) groups_[g].trainable = false;
  const auto in_frozen_model = [&](std::size_t group) {
    while (group != 0 && groups_[group].trainable) group = groups_[group].parent;
    return group != 0;
  };
  const auto names = layer_names();
  std::vector<bool> frozen(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::string own = entry.layer.name().empty() ? names[i] : entry.layer.name();
    if (matches(names[i]) || in_frozen_model(entry.group) || (entry.group != 0 && matches(group_path(entry.group) + "/" + own)))
      frozen[owner(i)] = true;  // every use of a layer
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!frozen[owner(i)]) continue;
    entries_[i].layer = entries_[i].layer.frozen(true);
    ++count;
  }
  return count;
}

namespace {

/// Runs `work`; an error that leaves it says which layer it is about.
template <class Work>
auto naming(const LayerSpec& layer, const std::string& name, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    auto info = error.info();
    info.where = std::string(layer.info().class_name) + " \"" + name + "\"" + (info.where.empty() ? "" : ", " + info.where);
    throw Error(info);
  }
}

}  // namespace

std::unique_ptr<Layer> Network::make(std::size_t entry) const {
  const LayerSpec& layer = entries_.at(entry).layer;
  return naming(layer, layer_names()[entry], [&] { return layer.make(); });
}

bool Network::takes_raw_range() const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].inputs != std::vector{i}) return false;
    const auto layer = make(i);
    if (layer->takes_raw_range()) return true;
    if (!layer->augments()) return false;
  }
  return false;
}

namespace {
std::vector<Shape> shapes_of(const std::vector<LayerWeight>& weights) {
  std::vector<Shape> shapes;
  for (const auto& w : weights) shapes.push_back(w.shape);
  return shapes;
}
}  // namespace

BuiltNetwork::BuiltNetwork(const Network& network, Shape input) : network_(network), input_(std::move(input)) {
  const auto names = network.layer_names();
  std::set<std::string> seen;
  std::size_t next = 0;
  for (std::size_t i = 0; i < network.entries().size(); ++i) {
    const auto& entry = network.entries()[i];
    const std::string class_name(entry.layer.info().class_name);
    BuiltLayer built{.name = names[i],
                     .class_name = class_name,
                     .inputs = entry.inputs,
                     .output = {},
                     .trainable = entry.layer.trainable(),
                     .layer = {},
                     .weights = {},
                     .state = {}};
    std::vector<Shape> shapes;
    for (const auto node : entry.inputs) shapes.push_back(shape_of(node));
    naming(entry.layer, names[i], [&] {
      if (!entry.shared_with && !seen.insert(names[i]).second)
        throw Error({.category = Category::usage, .what = "two layers have this name", .expected = "different names", .got = names[i]});
      built.layer = entry.layer.make();
      if (shapes.empty() || shapes.size() > built.layer->max_inputs())
        throw Error({.category = Category::usage,
                     .what = "wrong number of inputs",
                     .expected = built.layer->max_inputs() == 1 ? "1" : "2 or more",
                     .got = std::to_string(shapes.size())});
      built.output = built.layer->output_shape(shapes);
      built.weights = built.layer->weights(shapes);
      for (const auto& w : built.weights)
        if (w.constraint.kind) norm_rows(w.constraint, w.shape);
    });
    if (entry.shared_with) {
      const BuiltLayer& first = layers_[*entry.shared_with];
      if (shapes_of(built.weights) != shapes_of(first.weights))
        throw Error({.category = Category::usage,
                     .where = class_name + " \"" + names[i] + "\"",
                     .what = "is used twice on inputs that need weights of different shapes",
                     .expected = first.output.text(),
                     .got = built.output.text()});
      built.weights.clear();
      built.state = first.state;
    }
    for (std::size_t w = 0; w < built.weights.size(); ++w) built.state.push_back(next++);
    layers_.push_back(std::move(built));
  }
}

std::vector<StateTensor> BuiltNetwork::tensors() const {
  std::vector<StateTensor> out;
  for (const auto& layer : layers_)
    for (const auto& w : layer.weights)
      out.push_back(
          {.name = layer.name + "/" + w.name, .shape = w.shape, .trainable = layer.trainable && !w.statistic, .statistic = w.statistic});
  return out;
}

std::int64_t BuiltLayer::parameter_count() const {
  std::int64_t sum = 0;
  for (const auto& weight : weights) sum += weight.shape.elements();
  return sum;
}

std::int64_t BuiltNetwork::parameter_count() const {
  std::int64_t sum = 0;
  for (const auto& t : tensors()) sum += t.shape.elements();
  return sum;
}

std::int64_t BuiltNetwork::trainable_count() const {
  std::int64_t sum = 0;
  for (const auto& t : tensors())
    if (t.trainable) sum += t.shape.elements();
  return sum;
}

std::optional<Activation> BuiltNetwork::final_activation() const {
  return layers_.empty() ? std::nullopt : layers_.back().layer->final_activation();
}

void BuiltNetwork::initialize(State& state, std::uint64_t seed) const {
  for (const auto& layer : layers_)
    for (std::size_t w = 0; w < layer.weights.size(); ++w)
      lehr::initialize(state, layer.state[w], layer.weights[w].initializer,
                       {.seed = seed, .stream = 0x10000U + static_cast<std::uint32_t>(layer.state[w])});
  state.refresh_copy();
}

std::vector<Value> BuiltNetwork::emit(Planner& planner, Value x) const {
  std::vector<Value> values{x};
  for (const auto& layer : layers_) {
    Emission e{.plan = planner,
               .name = layer.name,
               .x = {},
               .shapes = {},
               .output = layer.output,
               .weights = layer.state,
               .trainable = layer.trainable};
    for (const auto node : layer.inputs) {
      e.x.push_back(values[node]);
      e.shapes.push_back(shape_of(node));
    }
    values.push_back(layer.layer->emit(e));
  }
  return values;
}

}  // namespace lehr
