#include "weights/network_weights.h"

#include <algorithm>
#include <map>

#include "layers/keras_config.h"
#include "weights/keras_json.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

void collect_layers(const KerasLayer& model, const std::string& container, const BuiltNetwork& network, std::vector<NetworkLayer>& out) {
  PathCounter paths(container);
  for (const auto& layer : model.layers) {
    const std::string path = paths.next(layer.class_name);
    if (!layer.entry) {
      if (layer.group) collect_layers(layer, path, network, out);
      continue;
    }
    const BuiltLayer& built = network.layers()[*layer.entry];
    out.push_back({.name = layer.name, .class_name = built.class_name, .path = path, .weights = built.weights, .state = built.state});
  }
}

}  // namespace

std::vector<NetworkLayer> network_layers(const BuiltNetwork& network) {
  std::vector<NetworkLayer> out;
  collect_layers(keras_layers(network.network()), "", network, out);
  return out;
}

TensorFile tensor_file_of(const BuiltNetwork& network, const State& state) {
  TensorFile out{.ordered = true};
  for (const auto& layer : network_layers(network)) {
    WeightLayer ours{.name = layer.name, .path = layer.path, .class_name = layer.class_name};
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
      ours.weights.push_back({.name = layer.weights[i].name, .values = state.read(layer.state[i])});
    out.layers.push_back(std::move(ours));
  }
  return out;
}

namespace {

using Pairs = std::vector<std::pair<WeightLayer*, const NetworkLayer*>>;

std::string shapes_text(const std::vector<LayerWeight>& weights) {
  std::string out;
  for (const auto& w : weights) out += (out.empty() ? "" : ", ") + w.name + " " + w.shape.text();
  return out;
}
std::string shapes_text(const std::vector<WeightTensor>& weights) {
  std::string out;
  for (const auto& w : weights) out += (out.empty() ? "" : ", ") + w.name + " " + w.values.shape().text();
  return out;
}

template <class T>
std::vector<T*> with_weights(std::vector<T>& layers) {
  std::vector<T*> out;
  for (auto& layer : layers)
    if (!layer.weights.empty()) out.push_back(&layer);
  return out;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < 6; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > 6) out += ", and " + std::to_string(names.size() - 6) + " more";
  return out;
}

/// Dense layers that read a flattened map of (height, width, channels), by name.
std::map<std::string, Shape> flattened_maps(const BuiltNetwork& network) {
  std::map<std::string, Shape> out;
  for (const auto& layer : network.layers()) {
    if (layer.class_name != "Dense" || layer.inputs.size() != 1) continue;
    std::size_t node = layer.inputs[0];
    while (node != 0 && network.layers()[node - 1].inputs.size() == 1 && network.layers()[node - 1].weights.empty() &&
           network.shape_of(node) == network.shape_of(network.layers()[node - 1].inputs[0]))
      node = network.layers()[node - 1].inputs[0];  // dropout, activations
    if (node == 0 || network.layers()[node - 1].class_name != "Flatten") continue;
    const Shape& map = network.shape_of(network.layers()[node - 1].inputs[0]);
    if (map.rank() == 3) out.emplace(layer.name, map);
  }
  return out;
}

class Matcher {
 public:
  Matcher(TensorFile& file, const BuiltNetwork& network, const std::vector<std::string>& only)
      : file_(file), layers_(network_layers(network)), theirs_(with_weights(file.layers)), flattened_(flattened_maps(network)) {
    for (const auto& layer : layers_)
      if (!layer.weights.empty()) ours_.push_back(&layer);
    if (only.empty()) return;
    const auto wanted = [&](const std::string& name) { return std::find(only.begin(), only.end(), name) != only.end(); };
    std::erase_if(theirs_, [&](const WeightLayer* layer) { return !wanted(layer->name); });
    std::vector<std::string> missing;
    for (const auto* layer : ours_)
      if (wanted(layer->name) && std::none_of(theirs_.begin(), theirs_.end(), [&](const WeightLayer* l) { return l->name == layer->name; }))
        missing.push_back(layer->name);
    if (missing.empty()) return;
    throw Error({.category = Category::data,
                 .where = file.source,
                 .what = "lacks layers of the network that it is for: " + list_of(missing),
                 .expected = "layers " + list_of(only),
                 .got = list_of(names(with_weights(file.layers)))});
  }

  Match whole() {
    if (counted()) return finish(pairs_in_order_of_weights(), "by order");
    for (const auto& [how, pairs] : {std::pair{"by path", by(&WeightLayer::path, &NetworkLayer::path)},
                                     std::pair{"by name", by(&WeightLayer::name, &NetworkLayer::name)}})
      if (pairs.size() == ours_.size() && theirs_.size() == ours_.size()) return finish(pairs, how);
    if (file_.ordered && theirs_.size() == ours_.size()) {
      Pairs pairs;
      for (std::size_t i = 0; i < ours_.size(); ++i) pairs.emplace_back(theirs_[i], ours_[i]);
      return finish(pairs, "by order");
    }
    mismatch();
  }

  Match by_name() {
    const Pairs pairs = by(&WeightLayer::name, &NetworkLayer::name);
    if (pairs.size() == theirs_.size() && !pairs.empty()) {
      Match out = finish(pairs, "by name");
      for (const auto* layer : ours_)
        if (std::none_of(pairs.begin(), pairs.end(), [&](const auto& p) { return p.second == layer; })) out.kept.push_back(layer->name);
      return out;
    }
    std::vector<std::string> unknown;
    for (const auto* layer : theirs_)
      if (std::none_of(pairs.begin(), pairs.end(), [&](const auto& p) { return p.first == layer; })) unknown.push_back(layer->name);
    throw Error({.category = Category::data,
                 .where = file_.source,
                 .what = "has weights of layers that this network does not have: " + list_of(unknown),
                 .expected = "layers of the network: " + list_of(names(ours_)),
                 .got = list_of(names(theirs_)),
                 .hint = "Give the layers of the network the names of the file's (name=...)."});
  }

 private:
  template <class T>
  static std::vector<std::string> names(const std::vector<T*>& layers) {
    std::vector<std::string> out;
    for (const auto* layer : layers) out.push_back(layer->name);
    return out;
  }

  /// arr_0, arr_1, ...: the weights are counted, and nothing says which layer they belong to.
  bool counted() const {
    return theirs_.size() == 1 && theirs_[0]->name.empty() && !ours_.empty() && theirs_[0]->weights.size() > ours_[0]->weights.size();
  }

  Pairs pairs_in_order_of_weights() {
    std::vector<WeightTensor> all = std::move(theirs_[0]->weights);
    std::size_t wanted = 0, at = 0;
    for (const auto* layer : ours_) wanted += layer->weights.size();
    if (wanted != all.size())
      throw Error({.category = Category::data,
                   .where = file_.source,
                   .what = "holds another number of weights than the network",
                   .expected = std::to_string(wanted),
                   .got = std::to_string(all.size())});
    file_.layers.clear();
    file_.layers.reserve(ours_.size());
    Pairs pairs;
    for (const auto* layer : ours_) {
      file_.layers.push_back({.name = layer->name});
      for (std::size_t i = 0; i < layer->weights.size(); ++i) file_.layers.back().weights.push_back(std::move(all[at++]));
      pairs.emplace_back(&file_.layers.back(), layer);
    }
    return pairs;
  }

  /// Layers that agree in that text; empty where the file's are not unique.
  Pairs by(std::string WeightLayer::* theirs, std::string NetworkLayer::* ours) const {
    std::map<std::string, WeightLayer*> known;
    for (auto* layer : theirs_)
      if ((layer->*theirs).empty() || !known.emplace(layer->*theirs, layer).second) return {};
    Pairs pairs;
    for (const auto* layer : ours_)
      if (const auto at = known.find(layer->*ours); at != known.end()) pairs.emplace_back(at->second, layer);
    return pairs;
  }

  [[noreturn]] void mismatch() const {
    std::vector<std::string> missing, unknown;
    const auto has = [](const auto& layers, const auto* wanted) {
      return std::any_of(layers.begin(), layers.end(),
                         [&](const auto* l) { return l->name == wanted->name || (!l->path.empty() && l->path == wanted->path); });
    };
    for (const auto* layer : ours_)
      if (!has(theirs_, layer)) missing.push_back(layer->name + " (" + layer->path + ")");
    for (const auto* layer : theirs_)
      if (!has(ours_, layer)) unknown.push_back(layer->name + (layer->path.empty() ? "" : " (" + layer->path + ")"));
    std::string what = "its layers are not those of the network";
    if (!missing.empty()) what += "; it lacks " + list_of(missing);
    if (!unknown.empty()) what += "; the network lacks " + list_of(unknown);
    throw Error({.category = Category::data,
                 .where = file_.source,
                 .what = what,
                 .expected = std::to_string(ours_.size()) + " layers with weights",
                 .got = std::to_string(theirs_.size()),
                 .hint = "`lehr weights inspect` lists what the file holds. The file belongs to another network, or names it otherwise."});
  }

  Match finish(const Pairs& pairs, const char* how) {
    Match out{.how = how};
    decide_kernels(pairs);
    for (const auto& [theirs, ours] : pairs) take(*theirs, *ours, out);
    if (transpose_) out.converted = "kernels of out, in, height, width turned into height, width, in, out";
    if (transpose_ && !flattened_.empty()) out.converted += "; rows behind a Flatten reordered";
    if (file_.flipped_kernels)
      out.converted += std::string(out.converted.empty() ? "" : "; ") + "kernels flipped, as Theano's convolution needs";
    return out;
  }

  /// Keras 1 and Theano kept (out, in, height, width). One kernel that only fits so decides for the file.
  void decide_kernels(const Pairs& pairs) {
    transpose_ = file_.channels_first_kernels;
    const bool old = file_.format == WeightFormat::keras_h5 && (file_.keras_version.empty() || file_.keras_version.starts_with('1'));
    if (!old && file_.backend != "theano") return;
    for (const auto& [theirs, ours] : pairs)
      for (std::size_t i = 0; i < ours->weights.size() && i < theirs->weights.size(); ++i) {
        const Shape &want = ours->weights[i].shape, &have = theirs->weights[i].values.shape();
        if (want.rank() == 4 && have.rank() == 4 && have != want && permuted(have, {2, 3, 1, 0}) == want) transpose_ = true;
      }
  }

  static Shape permuted(const Shape& shape, const std::vector<std::size_t>& axes) {
    std::vector<std::int64_t> out;
    for (const auto a : axes) out.push_back(shape[a]);
    return Shape(out);
  }

  /// Networks with channels first flatten (channels, height, width): rows of the dense kernel behind it come in that order.
  static Array rows_of_maps_last(const Array& kernel, const Shape& map) {
    const Array rows = kernel.reshaped(Shape{map[2], map[0], map[1], kernel.shape().back()});
    return transposed(rows, {1, 2, 0, 3}).reshaped(kernel.shape());
  }

  /// By names where all agree, else in their order.
  static WeightTensor& partner(WeightLayer& theirs, const NetworkLayer& ours, std::size_t i) {
    const bool named = std::all_of(ours.weights.begin(), ours.weights.end(), [&](const LayerWeight& w) {
      return std::count_if(theirs.weights.begin(), theirs.weights.end(), [&](const WeightTensor& t) { return t.name == w.name; }) == 1;
    });
    if (!named) return theirs.weights[i];
    return *std::find_if(theirs.weights.begin(), theirs.weights.end(),
                         [&](const WeightTensor& t) { return t.name == ours.weights[i].name; });
  }

  void take(WeightLayer& theirs, const NetworkLayer& ours, Match& out) {
    const std::string layer = ours.class_name + " \"" + ours.name + "\"";
    if (theirs.weights.size() != ours.weights.size())
      throw Error({.category = Category::data,
                   .where = file_.source + ", layer \"" + theirs.name + "\" for " + layer,
                   .what = "another number of weights",
                   .expected = std::to_string(ours.weights.size()) + ": " + shapes_text(ours.weights),
                   .got = std::to_string(theirs.weights.size()) + ": " + shapes_text(theirs.weights)});
    for (std::size_t i = 0; i < ours.weights.size(); ++i) {
      WeightTensor& from = partner(theirs, ours, i);
      const Shape found = from.values.shape();
      Array values = fitted(std::move(from.values), ours.weights[i], ours);
      if (values.shape() != ours.weights[i].shape) wrong_shape(from.place, found, ours.weights[i], layer);
      out.weights.push_back({.state = ours.state[i], .values = values.dtype() == DType::f32 ? std::move(values) : values.as_f32()});
    }
  }

  Array fitted(Array values, const LayerWeight& want, const NetworkLayer& ours) const {
    const bool kernel = values.shape().rank() == 4 && want.shape.rank() == 4;
    if (kernel && transpose_ && permuted(values.shape(), {2, 3, 1, 0}) == want.shape) values = transposed(values, {2, 3, 1, 0});
    if (kernel && file_.flipped_kernels) values = flipped_kernel(values);
    if (const auto map = flattened_.find(ours.name);
        transpose_ && map != flattened_.end() && want.name == "kernel" && values.shape() == want.shape)
      values = rows_of_maps_last(values, map->second);
    const bool depthwise = ours.class_name == "DepthwiseConv2D" || want.name == "depthwise_kernel";
    const auto& s = values.shape();
    // PyTorch's depthwise kernels come as (height, width, 1, channels*multiplier).
    if (kernel && depthwise && s != want.shape && s[2] == 1 && s[0] == want.shape[0] && s[1] == want.shape[1] &&
        s[3] == want.shape[2] * want.shape[3])
      return values.reshaped(want.shape);
    return values;
  }

  [[noreturn]] void wrong_shape(const std::string& place, const Shape& have, const LayerWeight& want, const std::string& layer) const {
    std::string hint = "The file belongs to another network.";
    for (const auto& [axes, meaning] :
         {std::pair<std::vector<std::size_t>, const char*>{{2, 3, 1, 0}, "out, in, height, width (Theano, PyTorch)"},
          {{1, 2, 3, 0}, "out, height, width, in"},
          {{1, 0}, "out, in (PyTorch)"}})
      if (have.rank() == axes.size() && permuted(have, axes) == want.shape) {
        std::string order;
        for (const auto a : axes) order += (order.empty() ? "" : ", ") + std::to_string(a);
        hint = "The transpose (" + order + ") would fit: the file seems to hold " + meaning + ".";
      }
    throw Error({.category = Category::data,
                 .where = file_.source + ", " + place + " for " + layer + ", " + want.name,
                 .what = "wrong shape",
                 .expected = want.shape.text(),
                 .got = have.text(),
                 .hint = hint});
  }

  TensorFile& file_;
  std::vector<NetworkLayer> layers_;
  std::vector<WeightLayer*> theirs_;
  std::vector<const NetworkLayer*> ours_;
  std::map<std::string, Shape> flattened_;
  bool transpose_ = false;
};

}  // namespace

std::string match_text(const Match& match, const std::string& file) {
  std::string out = std::to_string(match.weights.size()) + " weights from " + file + ", " + match.how;
  if (!match.converted.empty()) out += " (" + match.converted + ")";
  if (!match.kept.empty()) out += "; as initialized: " + list_of(match.kept);
  return out;
}

Match match_weights(TensorFile file, const BuiltNetwork& network, Matching matching, const std::vector<std::string>& only) {
  Matcher matcher(file, network, only);
  return matching == Matching::whole ? matcher.whole() : matcher.by_name();
}

}  // namespace lehr
