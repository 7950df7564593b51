// Keras 3's .weights.h5: a walk over the model object. <path>/vars is a group with an attribute `name` and datasets 0, 1, ...
#include <algorithm>
#include <charconv>

#include "engine/data/natural_sort.h"
#include "weights/formats.h"
#include "weights/keras_json.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1); }

/// conv2d_12 -> conv2d
std::string class_part(const std::string& path) {
  const std::string part = last_part(path);
  const auto end = part.find_last_not_of("0123456789");
  return end != std::string::npos && part[end] == '_' && end + 1 < part.size() ? part.substr(0, end) : part;
}

std::vector<Array> variables(Hdf5Tree& tree, const std::string& group, std::vector<std::string>& places) {
  std::vector<Array> out;
  while (true) {
    const std::string place = group + "/" + std::to_string(out.size());
    const auto found = tree.datasets.find(place);
    if (found == tree.datasets.end()) break;
    out.push_back(std::move(found->second));
    tree.datasets.erase(found);
    places.push_back("/" + place);
  }
  const std::string prefix = group + "/";
  if (const auto rest = tree.datasets.lower_bound(prefix); rest != tree.datasets.end() && rest->first.starts_with(prefix))
    throw Error({.category = Category::data,
                 .where = tree.source + ", /" + group,
                 .what = "its variables are not counted through",
                 .expected = "0, 1, 2, ...",
                 .got = "\"" + rest->first.substr(prefix.size()) + "\" after " + std::to_string(out.size()) + " of them"});
  return out;
}

void add_layer(TensorFile& file, Hdf5Tree& tree, const std::string& path, std::string class_name) {
  const std::string group = path + "/vars";
  WeightLayer layer{.name = tree.text(group, "name"), .path = path, .class_name = std::move(class_name)};
  if (layer.name.empty()) layer.name = last_part(path);
  std::vector<std::string> places;
  auto values = variables(tree, group, places);
  const auto names = weight_names(layer.class_name.empty() ? class_part(path) : layer.class_name, values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    layer.weights.push_back({.name = names.empty() ? std::to_string(i) : names[i], .place = places[i], .values = std::move(values[i])});
  file.layers.push_back(std::move(layer));
}

/// TensorFlow 2.13's Keras called the group of the layers otherwise.
void rename_layers(Hdf5Tree& tree) {
  const std::string old = "_layer_checkpoint_dependencies";
  if (tree.has_group("layers") || !tree.has_group(old)) return;
  const auto moved = [&](std::string path) {
    for (auto at = path.find(old); at != std::string::npos; at = path.find(old)) path.replace(at, old.size(), "layers");
    return path;
  };
  std::map<std::string, Hdf5Object> groups;
  std::map<std::string, Array> datasets;
  for (auto& [path, object] : tree.groups) groups.emplace(moved(path), std::move(object));
  for (auto& [path, array] : tree.datasets) datasets.emplace(moved(path), std::move(array));
  tree.groups = std::move(groups);
  tree.datasets = std::move(datasets);
}

}  // namespace

TensorFile from_variable_paths(Hdf5Tree tree) {
  rename_layers(tree);
  TensorFile out{.format = WeightFormat::weights_h5, .source = tree.source};
  std::vector<std::string> paths;
  for (const auto& [path, object] : tree.groups)
    if (path.ends_with("/vars") && path.starts_with("layers/")) paths.push_back(path.substr(0, path.size() - 5));
  // In the order of their counters; which class comes first, only a configuration knows.
  std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) { return natural_less(a, b); });
  for (const auto& path : paths) add_layer(out, tree, path, {});
  if (tree.has_group("optimizer/vars")) {
    std::vector<std::string> places;
    out.optimizer = OptimizerVariables{.name = tree.text("optimizer/vars", "name"), .values = variables(tree, "optimizer/vars", places)};
  }
  return out;
}

Hdf5Tree to_variable_paths(TensorFile tensors) {
  Hdf5Tree tree{.source = tensors.source};
  const auto named = [&](const std::string& group, const std::string& name) {
    auto& object = tree.group(group);
    object.attributes["name"] = {name};
    object.scalars = {"name"};
  };
  named("vars", "model");
  PathCounter counter("");
  for (auto& layer : tensors.layers) {
    std::string class_name = layer.class_name;
    if (class_name.empty()) {
      std::vector<std::pair<std::string, std::size_t>> weights;
      for (const auto& w : layer.weights) weights.emplace_back(w.name, w.values.shape().rank());
      class_name = guessed_class(weights);
    }
    if (layer.path.empty() && class_name.empty() && layer.weights.empty()) continue;  // nothing to keep
    if (layer.path.empty() && class_name.empty())
      throw Error({.category = Category::usage,
                   .where = tensors.source + ", layer \"" + layer.name + "\"",
                   .what = "its class is not known, and Keras 3 keeps weights by the classes of layers",
                   .hint = "Name the network with --model."});
    const std::string path = layer.path.empty() ? counter.next(class_name) : layer.path;
    named(path + "/vars", layer.name);
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
      tree.datasets.emplace(path + "/vars/" + std::to_string(i), std::move(layer.weights[i].values));
  }
  if (tensors.optimizer) {
    named("optimizer/vars", tensors.optimizer->name);
    for (std::size_t i = 0; i < tensors.optimizer->values.size(); ++i)
      tree.datasets.emplace("optimizer/vars/" + std::to_string(i), std::move(tensors.optimizer->values[i]));
  }
  return tree;
}

}  // namespace lehr
