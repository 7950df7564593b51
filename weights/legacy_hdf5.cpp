// Legacy HDF5: Keras 1 to 3's model.h5.  / or /model_weights: layer_names;  /<layer>: weight_names;  /<layer>/<weight name>: numbers.
#include <algorithm>

#include "engine/json.h"
#include "weights/formats.h"
#include "weights/keras_json.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

[[noreturn]] void fail(const std::string& where, std::string what, std::string expected = {}, std::string got = {}) {
  throw Error(
      {.category = Category::data, .where = where, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
}

/// "sequential_2/conv2d_17/kernel" -> conv2d_17; a name of one part belongs to the group.
std::string owner_of(std::string_view weight, const std::string& group) {
  const auto last = weight.rfind('/');
  if (last == std::string_view::npos) return group;
  const auto owner = weight.substr(0, last);
  return std::string(owner.substr(owner.rfind('/') == std::string_view::npos ? 0 : owner.rfind('/') + 1));
}

/// A group is a layer, or a nested model whose weights name their layers.
void add_group(TensorFile& file, Hdf5Tree& tree, const std::string& root, const std::string& group) {
  const std::string path = root.empty() ? group : root + "/" + group;
  const auto* names = tree.attribute(path, "weight_names");
  if (!tree.has_group(path)) fail(tree.source, "layer_names lists \"" + group + "\"", "a group /" + path, "none");
  if (names == nullptr) fail(tree.source + ", /" + path, "has no list of its weights", "the attribute weight_names");
  std::vector<std::string> owners;
  for (const auto& name : *names) {
    const std::string owner = owner_of(name, group);
    if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
  }
  const bool nested = owners.size() > 1;
  file.models_inside = file.models_inside || nested;
  const std::size_t first = file.layers.size();
  for (const auto& owner : nested ? owners : std::vector{group}) file.layers.push_back({.name = owner});
  for (const auto& name : *names) {
    const std::string place = path + "/" + name;
    const auto found = tree.datasets.find(place);
    if (found == tree.datasets.end())
      fail(tree.source + ", /" + path, "lists the weight \"" + name + "\" and has none", "/" + place, "no dataset");
    const auto at = nested ? std::find(owners.begin(), owners.end(), owner_of(name, group)) - owners.begin() : 0;
    file.layers[first + static_cast<std::size_t>(at)].weights.push_back(
        {.name = neutral_weight_name(name), .place = "/" + place, .values = std::move(found->second)});
    tree.datasets.erase(found);
  }
}

/// Keras 3's lists it in the order of its optimizer's variables; earlier ones had others.
std::optional<OptimizerVariables> optimizer_state(const TensorFile& file, Hdf5Tree& tree) {
  const auto* names = tree.attribute("optimizer_weights", "weight_names");
  if (names == nullptr || names->empty() || !file.keras_version.starts_with("3.")) return {};
  OptimizerVariables out{.name = names->front().substr(0, names->front().find('/'))};
  for (const auto& name : *names) {
    const std::string place = "optimizer_weights/" + name;
    const auto found = tree.datasets.find(place);
    if (found == tree.datasets.end())
      fail(tree.source + ", /optimizer_weights", "lists the weight \"" + name + "\" and has none", "/" + place, "no dataset");
    out.values.push_back(std::move(found->second));
    tree.datasets.erase(found);
  }
  return out;
}

/// Classes come from the model's configuration where the file has one.
void name_classes(TensorFile& file) {
  if (file.model_config.empty()) return;
  for (const auto& layer : variable_paths(JsonValue::parse(file.model_config, file.source + ", model_config")))
    for (auto& ours : file.layers)
      if (ours.name == layer.name) ours.class_name = layer.class_name;
}

/// Official files of Keras 1 say in their names what Theano's layout was; later ones have `backend`.
void note_theano(TensorFile& file) {
  file.channels_first_kernels = file.source.find("th_dim_ordering") != std::string::npos;
  file.flipped_kernels = file.backend == "theano" || file.source.find("th_kernels") != std::string::npos;
}

/// A layer is a group of its own; those of a model inside share that model's: layers/sequential/layers/conv2d -> sequential.
std::string group_of(const WeightLayer& layer) {
  const auto inner = layer.path.find("/layers/");
  return inner == std::string::npos ? layer.name : layer.path.substr(7, inner - 7);
}

}  // namespace

TensorFile from_legacy_hdf5(Hdf5Tree tree) {
  const std::string root = tree.attribute("", "layer_names") == nullptr && tree.has_group("model_weights") ? "model_weights" : "";
  const auto* names = tree.attribute(root, "layer_names");
  if (names == nullptr)
    fail(tree.source, "holds no weights of a Keras model", "the attribute layer_names, a group model_weights, or a group layers");
  TensorFile out{.format = WeightFormat::keras_h5, .source = tree.source, .ordered = true};
  out.model_config = tree.text("", "model_config");
  out.compile_config = tree.text("", "training_config");
  for (const auto& place : {std::string(), root}) {
    if (out.keras_version.empty()) out.keras_version = tree.text(place, "keras_version");
    if (out.backend.empty()) out.backend = tree.text(place, "backend");
  }
  out.optimizer = optimizer_state(out, tree);
  std::vector<std::string> seen;
  for (const auto& name : *names) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) fail(tree.source, "layer_names has \"" + name + "\" twice");
    seen.push_back(name);
    add_group(out, tree, root, name);
  }
  name_classes(out);
  note_theano(out);
  return out;
}

Hdf5Tree to_legacy_hdf5(TensorFile tensors) {
  Hdf5Tree tree{.source = tensors.source};
  std::vector<std::string> names;
  for (auto& layer : tensors.layers) {
    const std::string group = group_of(layer);
    if (names.empty() || names.back() != group) {
      if (tree.has_group(group)) fail(tensors.source, "two layers have the name \"" + group + "\"", "different names");
      names.push_back(group);
      tree.group(group).attributes["weight_names"] = {};
    }
    for (auto& w : layer.weights) {
      tree.group(group).attributes["weight_names"].push_back(layer.name + "/" + w.name);
      const std::string place = group + "/" + layer.name + "/" + w.name;
      tree.group(place.substr(0, place.rfind('/')));
      if (!tree.datasets.emplace(place, std::move(w.values)).second)
        fail(tensors.source, "two layers have the name \"" + layer.name + "\"", "different names");
    }
  }
  // A model inside a model lists what trains first.
  for (const auto& name : names) {
    auto& weights = tree.group(name).attributes["weight_names"];
    std::stable_partition(weights.begin(), weights.end(), [](const std::string& w) { return w.find("/moving_") == std::string::npos; });
  }
  auto& root = tree.group("");
  root.attributes = {{"layer_names", names},
                     {"backend", {"tensorflow"}},
                     {"keras_version", {tensors.keras_version.empty() ? "3.0.0" : tensors.keras_version}}};
  root.scalars = {"backend", "keras_version"};
  tree.group("top_level_model_weights").attributes["weight_names"] = {};
  return tree;
}

}  // namespace lehr
