// Keras config JSON -> Network.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "layers/keras_config.h"
#include "layers/keras_input.h"
#include "layers/operation.h"
#include "layers/reshaping.h"

namespace lehr {

namespace {

Error bad(std::string_view what, const std::string& where, std::string complaint, std::string expected = {}, std::string got = {}) {
  return Error({.category = Category::data,
                .where = std::string(what) + (where.empty() ? "" : ", layer \"" + where + "\""),
                .what = std::move(complaint),
                .expected = std::move(expected),
                .got = std::move(got)});
}

struct Reference {
  std::string layer;
  std::size_t node = 0;
};
/// One use of a layer.
struct NodeDefinition {
  std::vector<Reference> inputs = {};
  std::optional<double> constant = {};  ///< of an operation: the argument that is no tensor
  bool constant_first = false;
};
struct ModelDefinition;
struct LayerDefinition {
  std::string name, class_name;
  bool input = false;                           ///< an InputLayer
  std::optional<LayerSpec> spec = {};           ///< of a layer
  std::optional<LayerSpec> activation = {};     ///< a layer in its own place of an activation: it follows as one more
  std::shared_ptr<ModelDefinition> model = {};  ///< of a model inside
  std::vector<NodeDefinition> nodes = {};       ///< in a Functional model
  std::optional<std::size_t> first = {};        ///< entry of the first use
};
struct ModelDefinition {
  std::string name, class_name, input_name, input_dtype = "float32";
  bool trainable = true;
  std::optional<Shape> input_shape = {};
  std::vector<LayerDefinition> layers = {};
  Reference output = {};
  std::size_t group = 0;
};

/// A layer as `activation`: LeakyReLU and such, which have no weights.
const JsonValue* activation_layer(const JsonValue& config) {
  const JsonValue* found = config.find("activation");
  const JsonValue* class_name = found == nullptr ? nullptr : found->find("class_name");
  if (class_name == nullptr || !class_name->is_string() || found->find("config") == nullptr || !found->at("config").is_object())
    return nullptr;
  static constexpr std::array<std::string_view, 4> known{"LeakyReLU", "ReLU", "ELU", "Softmax"};
  return std::find(known.begin(), known.end(), class_name->string()) == known.end() ? nullptr : found;
}

constexpr int deepest = 200;  // models inside models, and layers that wait for later ones

const JsonValue* text_member(const JsonValue& json, std::string_view key) {
  const JsonValue* found = json.find(key);
  return found != nullptr && found->is_string() ? found : nullptr;
}

/// ["conv", 0, 0] or ["conv", 0, 0, {...}]
bool is_reference(const JsonValue& json) {
  return json.is_array() && json.size() >= 3 && json.size() <= 4 && json.at(std::size_t{0}).is_string() &&
         json.at(std::size_t{1}).kind() == JsonValue::Kind::integer;
}

/// Inputs as a config lists them, whatever its version.
class NodeReader {
 public:
  NodeReader(std::string_view what, const std::string& layer) : what_(what), layer_(layer) {}

  NodeDefinition read(const JsonValue& json) {
    if (json.is_object()) {  // Keras 3
      if (const JsonValue* args = json.find("args")) take(*args);
      if (const JsonValue* kwargs = json.find("kwargs"); kwargs != nullptr && kwargs->is_object())
        for (const auto& [name, value] : kwargs->members()) keyword(name, value);
    } else if (json.is_array()) {  // Keras 1 and 2
      if (is_reference(json))
        legacy(json);
      else
        for (const auto& element : json.elements()) legacy(element);
    } else {
      throw bad(what_, layer_, "its inbound node is not understood");
    }
    return std::move(node_);
  }

 private:
  void take(const JsonValue& json) {
    if (json.is_array()) {
      for (const auto& element : json.elements()) take(element);
    } else if (json.is_number()) {
      constant(json.number());
    } else if (json.is_object() && text_member(json, "class_name") != nullptr && json.at("class_name").string() == "__keras_tensor__") {
      tensor(json.at("config").at("keras_history"));
    } else if (!json.is_null()) {
      throw bad(what_, layer_, "an argument of its call is not understood", "a tensor or a number", json.text());
    }
  }
  void keyword(const std::string& name, const JsonValue& value) {
    if (value.is_null() || name == "training" || name == "mask") return;  // fit and predict decide, as in Keras
    if (is_reference(value))
      tensor(value);
    else if (value.is_number() || value.is_array() || value.is_object())
      take(value);
    else if (name != "name")
      throw bad(what_, layer_, "argument \"" + name + "\" of its call is not understood", {}, value.text());
  }
  void legacy(const JsonValue& json) {
    if (json.is_array() && json.size() >= 3 && json.at(std::size_t{0}).is_string() &&
        json.at(std::size_t{0}).string() == "_CONSTANT_VALUE") {
      constant(json.at(std::size_t{2}).number());
      if (json.size() > 3) keywords(json.at(std::size_t{3}));
      return;
    }
    if (!is_reference(json)) throw bad(what_, layer_, "its inbound node is not understood", "[layer, node, tensor]", json.text());
    tensor(json);
    if (json.size() > 3) keywords(json.at(std::size_t{3}));
  }
  void keywords(const JsonValue& json) {
    if (json.is_object())
      for (const auto& [name, value] : json.members()) keyword(name, value);
  }
  void tensor(const JsonValue& history) {
    if (!is_reference(history)) throw bad(what_, layer_, "an input is not understood", "[layer, node, tensor]", history.text());
    const std::int64_t node = history.at(std::size_t{1}).integer(), output = history.at(std::size_t{2}).integer();
    if (node < 0 || output != 0)
      throw bad(what_, layer_, "an input is not the first output of a layer", "[layer, node, 0]", history.text());
    node_.inputs.push_back({history.at(std::size_t{0}).string(), static_cast<std::size_t>(node)});
  }
  void constant(double value) {
    if (node_.constant) throw bad(what_, layer_, "its call has two constants", "one", std::to_string(value));
    node_.constant = value;
    node_.constant_first = node_.inputs.empty();
  }

  std::string_view what_;
  const std::string& layer_;
  NodeDefinition node_;
};

Error several(std::string_view what, const std::string& model, const char* which, std::string got) {
  return Error(
      {.category = Category::data,
       .where = std::string(what) + ", model \"" + model + "\"",
       .what = std::string("the model has several ") + which,
       .expected = "one",
       .got = std::move(got),
       .hint =
           "Networks have one input and one output here. In Keras, keras.Model(model.inputs[0], model.outputs[0]) is the part of a model "
           "between two of them."});
}

/// The one input or output of a Functional model: ["name", 0, 0], or a list (or a dictionary) of one.
Reference single(const JsonValue& json, std::string_view what, const std::string& model, const char* which) {
  const JsonValue* at = &json;
  for (int level = 0; level < 4; ++level) {
    if (is_reference(*at)) return {at->at(std::size_t{0}).string(), static_cast<std::size_t>(at->at(std::size_t{1}).integer())};
    if (at->is_array() && at->size() == 1)
      at = &at->at(std::size_t{0});
    else if (at->is_object() && at->size() == 1)
      at = &at->members()[0].value;
    else
      break;
  }
  throw several(what, model, which, json.text());
}

bool is_model(std::string_view class_name) { return class_name == "Sequential" || class_name == "Functional" || class_name == "Model"; }

class ModelReader {
 public:
  explicit ModelReader(std::string_view what) : what_(what) {}

  Network read(const JsonValue& json) {
    const auto model = define(json, 0);
    net_.set_group(0, {.name = model->name,
                       .class_name = model->class_name,
                       .input_name = model->input_name,
                       .input_dtype = model->input_dtype,
                       .trainable = model->trainable});
    if (model->input_shape) net_.set_input_shape(*model->input_shape);
    const Node output = instantiate(*model, Node{0}, 0);
    if (output.id != net_.size() || net_.size() == 0)
      throw bad(what_, {}, "the model's output is not what its last layer gives", model->output.layer);
    return std::move(net_);
  }

 private:
  // ---- JSON to definitions ---------------------------------------------------------------------------------------------------------------
  std::shared_ptr<ModelDefinition> define(const JsonValue& json, int depth) {
    if (depth > deepest) throw bad(what_, {}, "models lie too deep inside each other");
    const JsonValue* class_name = text_member(json, "class_name");
    if (class_name == nullptr) throw bad(what_, {}, "this is no Keras model", "an object with class_name and config");
    if (!is_model(class_name->string()))
      throw bad(what_, {}, "models of class " + class_name->string() + " cannot be rebuilt from their config", "Sequential or Functional",
                class_name->string());
    auto model = std::make_shared<ModelDefinition>();
    const bool sequential = class_name->string() == "Sequential";
    model->class_name = sequential ? "Sequential" : "Functional";
    const JsonValue& config = json.at("config");
    const JsonValue& layers = config.is_array() ? config : config.at("layers");
    const JsonValue* name = text_member(config, "name");
    model->name = name != nullptr ? name->string() : sequential ? "sequential" : "functional";
    if (const JsonValue* trainable = config.find("trainable"); trainable != nullptr && trainable->kind() == JsonValue::Kind::boolean)
      model->trainable = trainable->boolean();
    model->input_shape = declared_input_shape(config, what_, model->name);
    for (const auto& layer : layers.elements()) model->layers.push_back(layer_definition(layer, depth));
    if (sequential)
      chain(*model, layers);
    else
      wire(*model, config, layers);
    part_activations(*model);
    return model;
  }

  LayerDefinition layer_definition(const JsonValue& json, int depth) {
    const JsonValue *class_name = text_member(json, "class_name"), *config = json.find("config");
    if (class_name == nullptr || config == nullptr) throw bad(what_, {}, "an entry of layers is no layer", "class_name and config");
    const JsonValue* name = text_member(*config, "name");
    if (name == nullptr) name = text_member(json, "name");
    LayerDefinition layer{
        .name = name != nullptr ? name->string() : automatic_name(class_name->string()) + "_" + std::to_string(++unnamed_),
        .class_name = class_name->string()};
    if (layer.class_name == "InputLayer") {
      layer.input = true;
    } else if (is_model(layer.class_name)) {
      layer.model = define(json, depth + 1);
    } else if (const JsonValue* activation = activation_layer(*config)) {
      JsonValue plain = json;
      plain["config"]["activation"] = "linear";
      layer.spec = layer_from_keras_config(plain, what_).named(layer.name);
      layer.activation = layer_from_keras_config(*activation, what_);
    } else {
      layer.spec = layer_from_keras_config(json, what_).named(layer.name);
    }
    return layer;
  }

  /// Dense(10, activation=LeakyReLU(0.1)) is Dense(10), then LeakyReLU(0.1): who takes the one's output takes the other's.
  static void part_activations(ModelDefinition& model) {
    std::set<std::string> names;
    for (const auto& layer : model.layers) names.insert(layer.name);
    std::map<std::string, std::string> behind;
    for (const auto& layer : model.layers) {
      if (!layer.activation) continue;
      std::string name = layer.name + "_activation";
      while (!names.insert(name).second) name += "_";
      behind.emplace(layer.name, name);
    }
    if (behind.empty()) return;
    const auto follow = [&](Reference& r) {
      if (const auto found = behind.find(r.layer); found != behind.end()) r.layer = found->second;
    };
    follow(model.output);
    std::vector<LayerDefinition> layers;
    for (auto& layer : model.layers) {
      for (auto& node : layer.nodes)
        for (auto& input : node.inputs) follow(input);
      layers.push_back(std::move(layer));
      const LayerDefinition& of = layers.back();
      if (!of.activation) continue;
      LayerDefinition next{.name = behind.at(of.name), .class_name = std::string(of.activation->info().class_name)};
      next.spec = of.activation->named(next.name);
      for (std::size_t n = 0; n < of.nodes.size(); ++n) next.nodes.push_back({.inputs = {{of.name, n}}});
      layers.push_back(std::move(next));
    }
    model.layers = std::move(layers);
  }

  /// A Sequential model and its first layer both say what comes in.
  void agree(ModelDefinition& model, const std::optional<Shape>& first, const LayerDefinition& layer) const {
    if (!first) return;
    if (layer.input && model.input_shape && *model.input_shape != *first)
      throw bad(what_, layer.name, "the input has another shape than the model says", model.input_shape->text(), first->text());
    if (!model.input_shape) model.input_shape = first;
  }

  void chain(ModelDefinition& model, const JsonValue& layers) {
    const std::string* previous = nullptr;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      auto& layer = model.layers[i];
      if (i == 0) agree(model, declared_input_shape(layers.at(i).at("config"), what_, layer.name), layer);
      if (layer.input) {
        if (i != 0) throw bad(what_, layer.name, "an InputLayer stands in the middle of a Sequential model");
        model.input_name = layer.name;
        model.input_dtype = declared_input_dtype(layers.at(i).at("config"));
      } else {
        layer.nodes.push_back({});
        if (previous != nullptr) layer.nodes[0].inputs.push_back({*previous, 0});
      }
      previous = &layer.name;
    }
    if (previous != nullptr) model.output = {*previous, 0};
  }

  void wire(ModelDefinition& model, const JsonValue& config, const JsonValue& layers) {
    model.input_name = single(config.at("input_layers"), what_, model.name, "inputs").layer;
    model.output = single(config.at("output_layers"), what_, model.name, "outputs");
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      auto& layer = model.layers[i];
      if (layer.input) {
        if (layer.name != model.input_name) throw several(what_, model.name, "inputs", model.input_name + ", " + layer.name);
        if (const auto shape = declared_input_shape(layers.at(i).at("config"), what_, layer.name)) model.input_shape = shape;
        model.input_dtype = declared_input_dtype(layers.at(i).at("config"));
        continue;
      }
      const JsonValue* nodes = layers.at(i).find("inbound_nodes");
      if (nodes == nullptr || !nodes->is_array()) throw bad(what_, layer.name, "it has no inbound_nodes");
      for (const auto& node : nodes->elements()) layer.nodes.push_back(NodeReader(what_, layer.name).read(node));
    }
  }

  // ---- definitions to entries ------------------------------------------------------------------------------------------------------------
  struct Use {
    ModelDefinition* model;
    Node input;
    std::size_t call;
    std::map<std::string, std::size_t, std::less<>> index;
    std::map<std::pair<std::size_t, std::size_t>, Node> done;
  };

  Node instantiate(ModelDefinition& model, Node input, std::size_t call) {
    Use use{.model = &model, .input = input, .call = call, .index = {}, .done = {}};
    for (std::size_t i = 0; i < model.layers.size(); ++i)
      if (!use.index.emplace(model.layers[i].name, i).second) throw bad(what_, model.layers[i].name, "two layers have this name");
    for (std::size_t i = 0; i < model.layers.size(); ++i)
      for (std::size_t n = 0; n < model.layers[i].nodes.size(); ++n) resolve(use, i, n, 0);
    if (model.output.layer.empty()) return input;
    return tensor(use, model.output, 0);
  }

  Node tensor(Use& use, const Reference& reference, int depth) {
    const auto found = use.index.find(reference.layer);
    if (found == use.index.end()) {
      if (reference.layer == use.model->input_name) return use.input;
      throw bad(what_, reference.layer, "it is used but not there");
    }
    if (use.model->layers[found->second].input) return use.input;
    return resolve(use, found->second, reference.node, depth);
  }

  Node resolve(Use& use, std::size_t index, std::size_t number, int depth) {
    auto& layer = use.model->layers[index];
    if (number >= layer.nodes.size()) throw bad(what_, layer.name, "it is used in a call that is not there");
    if (depth > deepest) throw bad(what_, layer.name, "layers wait for each other in a circle, or stand in reverse order");
    if (const auto found = use.done.find({index, number}); found != use.done.end()) return found->second;
    const NodeDefinition& node = layer.nodes[number];
    std::vector<Node> inputs;
    for (const auto& input : node.inputs) inputs.push_back(tensor(use, input, depth + 1));
    if (inputs.empty()) inputs.push_back(use.input);  // the first layer of a Sequential model
    const Node out = layer.model ? enter(use, index, inputs) : add(use, index, node, inputs);
    use.done[{index, number}] = out;
    return out;
  }

  Node enter(Use& use, std::size_t index, const std::vector<Node>& inputs) {
    auto& layer = use.model->layers[index];
    if (inputs.size() != 1) throw bad(what_, layer.name, "a model inside takes one input", "1", std::to_string(inputs.size()));
    if (layer.model->group == 0)
      layer.model->group = net_.add_group({.name = layer.name,
                                           .class_name = layer.model->class_name,
                                           .input_name = layer.model->input_name,
                                           .input_dtype = layer.model->input_dtype,
                                           .parent = use.model->group,
                                           .rank = index,
                                           .trainable = layer.model->trainable && net_.groups()[use.model->group].trainable});
    const std::size_t call = net_.groups()[layer.model->group].uses.size();
    auto group = net_.groups()[layer.model->group];
    group.uses.push_back({.input = inputs[0].id, .output = 0, .call = use.call});
    net_.set_group(layer.model->group, group);
    const Node out = instantiate(*layer.model, inputs[0], call);
    group = net_.groups()[layer.model->group];
    group.uses[call].output = out.id;
    net_.set_group(layer.model->group, group);
    return out;
  }

  Node add(Use& use, std::size_t index, const NodeDefinition& node, const std::vector<Node>& inputs) {
    auto& layer = use.model->layers[index];
    LayerSpec spec = *layer.spec;
    if (const auto* operation = spec.as<Operation>()) {
      Operation with = *operation;
      with.constant = node.constant;
      with.constant_first = node.constant && node.constant_first;
      spec = LayerSpec(with);
    } else if (node.constant) {
      throw bad(what_, layer.name, "a number stands among its inputs", "tensors", std::to_string(*node.constant));
    }
    if (!net_.groups()[use.model->group].trainable) spec = spec.frozen(true);
    Network::Entry entry{.layer = spec, .shared_with = layer.first, .group = use.model->group, .call = use.call, .rank = index};
    for (const Node input : inputs) entry.inputs.push_back(input.id);
    const Node out = net_.add(std::move(entry));
    if (!layer.first) layer.first = out.id - 1;
    return out;
  }

  std::string_view what_;
  Network net_;
  int unnamed_ = 0;
};

}  // namespace

Network network_from_keras_config(const JsonValue& model, std::string_view what) { return ModelReader(what).read(model); }

}  // namespace lehr
