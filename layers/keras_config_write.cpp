// Network -> Keras config JSON, and the order in which Keras holds layers.
#include "layers/keras_config.h"
#include "layers/keras_graph.h"
#include "layers/operation.h"

namespace lehr {

namespace {

class Writer {
 public:
  Writer(const Network& network, const Shape& input) : net_(network), built_(network, input), names_(network.layer_names()) {}

  JsonValue write() const { return model(0); }

 private:
  using Histories = std::map<std::size_t, KerasHistory>;

  JsonValue shape(std::size_t node) const {
    JsonValue out = JsonValue::array({nullptr});
    for (const auto extent : built_.shape_of(node).extents()) out.push_back(extent);
    return out;
  }

  std::string name_of(std::size_t entry) const { return keras_name(net_, entry, names_); }

  JsonValue input_layer(std::size_t group, std::size_t node) const {
    const auto name = keras_input_name(net_, group);
    return JsonValue::object({{"module", "keras.layers"},
                              {"class_name", "InputLayer"},
                              {"config", JsonValue::object({{"batch_shape", shape(node)},
                                                            {"dtype", net_.groups()[group].input_dtype},
                                                            {"sparse", false},
                                                            {"ragged", false},
                                                            {"name", name}})},
                              {"registered_name", nullptr}});
  }

  JsonValue model(std::size_t group) const {
    const auto& g = net_.groups()[group];
    const bool sequential = is_keras_sequential(net_, group);
    const std::size_t input = keras_input_node(net_, group), output = group == 0 ? net_.size() : g.uses.at(0).output;
    JsonValue config = JsonValue::object({{"name", g.name}, {"trainable", g.trainable}});
    JsonValue layers = JsonValue::array();
    layers.push_back(input_layer(group, input));
    if (!sequential) {
      layers = JsonValue::array();
      JsonValue first = input_layer(group, input);
      first.append("name", keras_input_name(net_, group));
      first.append("inbound_nodes", JsonValue::array());
      layers.push_back(std::move(first));
    } else {
      config.append("dtype", JsonValue::object({{"module", "keras"},
                                                {"class_name", "DTypePolicy"},
                                                {"config", JsonValue::object({{"name", "float32"}})},
                                                {"registered_name", nullptr}}));
    }
    const Histories histories = keras_histories(net_, group, names_);
    for (const auto& item : keras_items(net_, group)) {
      JsonValue layer = item.entry ? entry_config(*item.entry) : model(item.group);
      if (!sequential) {
        layer.append("name", item.entry ? name_of(*item.entry) : net_.groups()[item.group].name);
        layer.append("inbound_nodes", inbound(item, histories));
      }
      layers.push_back(std::move(layer));
    }
    config.append("layers", std::move(layers));
    if (sequential) {
      config.append("build_input_shape", shape(input));
    } else {
      const auto reference = [](const KerasHistory& h) { return JsonValue::array({h.layer, 0, 0}); };
      config.append("input_layers", reference({keras_input_name(net_, group)}));
      const auto& out = histories.at(output);
      config.append("output_layers", JsonValue::array({out.layer, out.node, 0}));
    }
    return JsonValue::object({{"module", sequential ? "keras" : "keras.src.models.functional"},
                              {"class_name", sequential ? "Sequential" : "Functional"},
                              {"config", std::move(config)},
                              {"registered_name", sequential ? JsonValue(nullptr) : JsonValue("Functional")},
                              {"build_config", JsonValue::object({{"input_shape", sequential ? shape(input) : JsonValue(nullptr)}})}});
  }

  JsonValue entry_config(std::size_t entry) const {
    JsonValue layer = keras_layer_config(net_.entries()[entry].layer, name_of(entry));
    const auto& built = built_.layers()[entry];
    if (built.weights.empty() && built.inputs.size() == 1) return layer;
    if (net_.entries()[entry].layer.as<Operation>() != nullptr) return layer;
    JsonValue shapes = built.inputs.size() == 1 ? shape(built.inputs[0]) : JsonValue::array();
    if (built.inputs.size() > 1)
      for (const auto node : built.inputs) shapes.push_back(shape(node));
    layer.append("build_config", JsonValue::object({{"input_shape", std::move(shapes)}}));
    return layer;
  }

  JsonValue tensor(std::size_t node, const Histories& histories) const {
    const auto& h = histories.at(node);
    return JsonValue::object(
        {{"class_name", "__keras_tensor__"},
         {"config",
          JsonValue::object({{"shape", shape(node)}, {"dtype", "float32"}, {"keras_history", JsonValue::array({h.layer, h.node, 0})}})}});
  }

  JsonValue inbound(const KerasItem& item, const Histories& histories) const {
    JsonValue nodes = JsonValue::array();
    for (const auto& use : item.uses) {
      JsonValue args = JsonValue::array();
      for (const auto node : use.inputs) args.push_back(tensor(node, histories));
      const auto* operation = item.entry ? net_.entries()[use.output - 1].layer.as<Operation>() : nullptr;
      if (operation != nullptr && operation->constant && operation->constant_first)
        args = JsonValue::array({*operation->constant, args.at(std::size_t{0})});
      else if (operation != nullptr && operation->constant)
        args.push_back(*operation->constant);
      else if (operation == nullptr && use.inputs.size() > 1)
        args = JsonValue::array({std::move(args)});
      nodes.push_back(JsonValue::object({{"args", std::move(args)}, {"kwargs", JsonValue::object()}}));
    }
    return nodes;
  }

  const Network& net_;
  BuiltNetwork built_;
  std::vector<std::string> names_;
};

void fill_layers(const Network& network, std::size_t group, const std::vector<std::string>& names, KerasLayer& model) {
  model.class_name = is_keras_sequential(network, group) ? "Sequential" : "Functional";
  model.name = network.groups()[group].name;
  model.group = group;
  if (model.class_name == "Functional") model.layers.push_back({.name = keras_input_name(network, group), .class_name = "InputLayer"});
  for (const auto& item : keras_items(network, group)) {
    KerasLayer layer;
    if (item.entry) {
      const JsonValue config = keras_layer_config(network.entries()[*item.entry].layer, names[*item.entry]);
      layer = {.name = keras_name(network, *item.entry, names), .class_name = config.at("class_name").string(), .entry = item.entry};
    } else {
      fill_layers(network, item.group, names, layer);
    }
    model.layers.push_back(std::move(layer));
  }
}

}  // namespace

JsonValue keras_config(const Network& network, const Shape& input) { return Writer(network, input).write(); }

KerasLayer keras_layers(const Network& network) {
  KerasLayer model;
  fill_layers(network, 0, network.layer_names(), model);
  return model;
}

}  // namespace lehr
