// Text to network and back: pipelines, branches, repeat, names.
#include <algorithm>

#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "layers/catalogue.h"
#include "layers/keras_graph.h"
#include "layers/network_files.h"

namespace lehr {

namespace {

void extend(Network& net, const SpecValue& value, const NetworkFiles& files);

Network branch(const SpecValue& value, const NetworkFiles& files) {
  Network net;
  extend(net, value, files);
  return net;
}

// add(identity, conv2d(...)): every argument takes the value at that point.
void extend_branches(Network& net, const SpecValue& value, const NetworkFiles& files) {
  const Node start = net.last();
  std::vector<Node> ends;
  for (const auto& item : value.items) ends.push_back(net.append(branch(item, files), start));
  SpecValue layer = value;
  layer.items.clear();
  net.add(layer_catalogue().from(layer), ends);
}

void extend_repeat(Network& net, const SpecValue& value, const NetworkFiles& files) {
  if (value.items.size() != 2 || !value.keywords.empty())
    throw spec_error(
        value,
        {.category = Category::usage, .what = "repeat takes a count and layers", .expected = "repeat(3, conv2d(32, 3) | max_pooling2d)"});
  const std::int64_t count = spec_integer(value.items[0], 0, 1000);
  for (std::int64_t i = 0; i < count; ++i) {
    const Network once = branch(value.items[1], files);
    const std::size_t offset = net.size();
    Network copy;
    for (const auto& entry : once.entries()) {
      const auto& name = entry.layer.name();
      std::vector<Node> inputs;
      for (const auto id : entry.inputs) inputs.push_back({id});
      copy.add(name.empty() || i == 0 ? entry.layer : entry.layer.named(name + "_" + std::to_string(i)), inputs);
    }
    net.append(copy, Node{offset});
  }
}

void extend_named(Network& net, const SpecValue& value, const NetworkFiles& files) {
  const std::vector<std::string_view> merging{"add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"};
  const auto is = [&](std::string_view name) { return same_name(value.text, name); };
  const bool merges = std::any_of(merging.begin(), merging.end(), is) ||  // the others' own arguments are then given by name
                      (is("custom_scale_layer") && value.keyword("scale") != nullptr) ||
                      (is("operation") && value.keyword("function") != nullptr);
  if (same_name(value.text, "repeat")) {
    extend_repeat(net, value, files);
  } else if (merges && !value.items.empty()) {
    extend_branches(net, value, files);
  } else if (layer_catalogue().knows(value)) {
    net.add(layer_catalogue().from(value));
  } else if (network_catalogue().knows(value)) {
    const Network part = network_catalogue().from(value).network;
    if (net.size() == 0) net.set_name(part.name());
    net.append(part, net.last());
  } else {
    auto names = layer_catalogue().names();
    const auto networks = network_catalogue().names();
    names.insert(names.end(), networks.begin(), networks.end());
    throw spec_error(value, {.category = Category::usage,
                             .what = "there is no layer or network \"" + value.text + "\"",
                             .expected = "a layer or network",
                             .got = value.text,
                             .hint = did_you_mean(nearest(value.text, names)) + " `lehr help layers` lists them."});
  }
}

void extend(Network& net, const SpecValue& value, const NetworkFiles& files) {
  if (value.is(SpecKind::pipeline)) {
    for (const auto& item : value.items) extend(net, item, files);
  } else if (const auto file = files && (value.is(SpecKind::word) || value.is(SpecKind::string)) ? files(value.text) : std::nullopt) {
    if (net.size() == 0) net.set_name(file->name());
    net.append(*file, net.last());
  } else if (value.named()) {
    extend_named(net, value, files);
  } else {
    throw wrong_type(value, "a layer, as dense(10, softmax)");
  }
}

}  // namespace

/// A chain of layers is what Keras calls a Sequential model; a network or file that the text begins with has given its own name.
static void name_chain(Network& net) {
  const Network::Group before = net.groups()[0];
  if (before.name != Network::Group{}.name) return;
  Network::Group chain = before;
  chain.name = "sequential";
  chain.class_name = "Sequential";
  net.set_group(0, std::move(chain));
  if (!is_keras_sequential(net, 0)) net.set_group(0, before);
}

Network network_from_spec(const SpecValue& value, const NetworkFiles& files) {
  Network net;
  extend(net, value, files);
  if (net.size() == 0)
    throw spec_error(
        value, {.category = Category::usage, .what = "the network has no layers", .expected = "layers, as flatten | dense(10, softmax)"});
  name_chain(net);
  return net;
}

Network network_from_spec(const SpecValue& value) { return network_from_spec(value, {}); }
Network network_from_text(std::string_view text) { return network_from_spec(parse_spec(text, "--model")); }

// A chain is written with `|`. A merging layer takes branches that all start at one node; anything else has no text of its own.
std::string Network::text() const {
  std::string out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].inputs.size() != 1 || entries_[i].inputs[0] != i) return {};
    out += (i == 0 ? "" : " | ") + entries_[i].layer.text().print();
  }
  return out;
}

}  // namespace lehr
