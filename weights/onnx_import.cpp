#include "weights/onnx_import.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "kernels/error.h"
#include "layers/keras_config.h"
#include "layers/reshaping.h"
#include "weights/network_weights.h"
#include "weights/onnx_model.h"

namespace lehr {

namespace {

constexpr std::int64_t longest_extent = std::int64_t{1} << 31, most_elements = std::int64_t{1} << 40;
constexpr std::size_t most_axes = 8;

/// Whether memory for such a sample could be thought of at all; every sum and product of extents stays within 64 bits.
bool sensible(const Shape& shape) {
  std::int64_t elements = 1;
  if (shape.rank() > most_axes) return false;
  for (const auto extent : shape.extents()) {
    if (extent < 1 || extent > longest_extent || elements > most_elements / extent) return false;
    elements *= extent;
  }
  return true;
}

/// "/features/features.0/Conv" -> "features.features.0"; what a name of a layer may not have becomes '_'.
std::string layer_name(std::string_view path, std::string_view separators) {
  const auto end = path.find_last_of(separators);
  if (end == std::string_view::npos) return {};
  std::string out;
  for (const char c : path.substr(0, end)) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    if (c == '/') {
      if (!out.empty()) out += '.';
    } else {
      out += fits ? c : '_';
    }
  }
  return out.size() > 200 ? out.substr(0, 200) : out;
}

}  // namespace

OnnxImport::OnnxImport(OnnxGraph graph, std::string source) : graph_(std::move(graph)), source_(std::move(source)) {
  for (auto& [name, values] : graph_.initializers) {
    allowed_ += 8 * values.bytes();
    values_[name].constant = std::make_shared<const Array>(std::move(values));
  }
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const auto& [name, attribute] : graph_.nodes[i].attributes)
      if (const auto* values = std::get_if<Array>(&attribute)) allowed_ += 8 * values->bytes();
    for (const auto& name : graph_.nodes[i].inputs) ++uses_[name];
    for (const auto& name : graph_.nodes[i].outputs)
      if (!name.empty() && (values_.contains(name) || !producer_.emplace(name, i).second))
        refuse(graph_.nodes[i], "the name of its output is taken", "each name once", name);
  }
  for (const auto& output : graph_.outputs) ++uses_[output.name];
  define_input();
}

void OnnxImport::define_input() {
  const auto fail = [&](std::string what, std::string expected, std::string got) {
    throw Error(
        {.category = Category::data, .where = source_, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
  };
  std::vector<const OnnxValue*> inputs;
  for (const auto& input : graph_.inputs)
    if (!values_.contains(input.name)) inputs.push_back(&input);  // older files list their weights as inputs too
  if (inputs.size() != 1 || graph_.outputs.size() != 1)
    fail("has another number of inputs and outputs than a network here", "one input, one output",
         std::to_string(inputs.size()) + " and " + std::to_string(graph_.outputs.size()));
  const auto& extents = inputs[0]->shape;
  if (extents.size() < 2) fail("its input has no shape", "(batch, ...)", std::to_string(extents.size()) + " axes");
  batch_ = extents[0];
  Extents sample(extents.begin() + 1, extents.end());
  // What lehr wrote takes images as they are here: a Transpose at its input is a layer's.
  const bool first = sample.size() == 3 && graph_.producer != "lehr" && input_is_first(inputs[0]->name);
  if (first) std::rotate(sample.begin(), sample.begin() + 1, sample.end());
  entries_.push_back({.shape = Shape(sample)});
  if (!sensible(entries_[0].shape))
    fail("does not say the size of its input", "extents of 1 or more, only the batch may be open", entries_[0].shape.text());
  values_[inputs[0]->name] = {.node = 0, .first = first};
}

/// What the first operator that can tell takes: images with channels first, or an input in the order in which it stands.
bool OnnxImport::input_is_first(const std::string& name) const {
  static const std::set<std::string_view> windows{"Conv",
                                                  "ConvTranspose",
                                                  "MaxPool",
                                                  "AveragePool",
                                                  "GlobalAveragePool",
                                                  "GlobalMaxPool",
                                                  "BatchNormalization",
                                                  "InstanceNormalization",
                                                  "GroupNormalization",
                                                  "Resize"},
      passing{"Add", "Sub", "Mul", "Div", "Identity", "Dropout", "Cast", "Relu", "Clip", "Neg", "Concat", "Max", "Min", "Pad"};
  std::set<std::string> reached{name};
  for (const auto& n : graph_.nodes) {
    if (std::none_of(n.inputs.begin(), n.inputs.end(), [&](const auto& i) { return reached.contains(i); })) continue;
    if (windows.contains(n.op)) return true;
    if (n.op == "Transpose") return list(n, "perm") == Extents{0, 2, 3, 1};
    if (passing.contains(n.op)) reached.insert(n.outputs.begin(), n.outputs.end());
  }
  return false;
}

Network OnnxImport::network() {
  for (const auto& n : graph_.nodes) visit(n);
  const OnnxTensor* output = find(graph_.outputs[0].name);
  if (output == nullptr || output->constant || output->piece != OnnxPiece::none)
    throw Error({.category = Category::data,
                 .where = source_,
                 .what = "its output is none of the network",
                 .expected = "a value that depends on the input",
                 .got = graph_.outputs[0].name});
  Network out(entries_[0].shape);
  kept_ = needed(output->node);
  if (kept_.empty() || kept_.back() != output->node) {
    entries_.push_back({.layer = Identity{}, .inputs = {output->node}, .shape = entries_[output->node].shape});
    kept_.push_back(entries_.size() - 1);
  }
  std::map<std::size_t, std::size_t> place{{0, 0}};
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const Entry& entry = entries_[kept_[i]];
    std::vector<lehr::Node> inputs;
    for (const auto node : entry.inputs) inputs.push_back({place.at(node)});
    out.add(*entry.layer, inputs);
    place[kept_[i]] = i + 1;
  }
  const std::string name = layer_name(graph_.name + "/", "/");
  out.set_name(name.empty() ? "onnx" : name);
  return out;
}

std::vector<std::size_t> OnnxImport::needed(std::size_t output) const {
  std::vector<bool> marked(entries_.size(), false);
  marked[output] = true;
  std::vector<std::size_t> out;
  for (std::size_t node = output; node > 0; --node) {
    if (!marked[node]) continue;
    out.push_back(node);
    for (const auto input : entries_[node].inputs) marked[input] = true;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

const std::vector<WeightTensor>& OnnxImport::weights(std::size_t entry) const { return entries_.at(kept_.at(entry)).weights; }

void OnnxImport::visit(const Node& n) {
  if (n.outputs.empty() || n.outputs[0].empty()) refuse(n, "has no output");
  const auto rule = onnx_rules().find(n.op);
  if (fold_constants(*this, n)) return;
  if (rule == onnx_rules().end()) {
    std::string known;
    for (const auto& [name, entry] : onnx_rules()) known += (known.empty() ? "" : ", ") + std::string(name);
    refuse(n, "there is no layer here for this operator", known, n.op);
  }
  if (!has(n, 0)) refuse(n, "has no input");
  try {
    rule->second(*this, n);
  } catch (const Error& error) {  // a layer knows neither file nor operator
    if (error.info().where.starts_with(source_)) throw;
    refuse(n, error.info().what, error.info().expected, error.info().got);
  }
}

const OnnxTensor* OnnxImport::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

const OnnxTensor& OnnxImport::at(const Node& n, std::size_t i) const {
  if (!has(n, i)) refuse(n, "lacks an input", "input " + std::to_string(i));
  const OnnxTensor* found = find(n.inputs[i]);
  if (found == nullptr) refuse(n, "takes a value that nothing before it gives", {}, n.inputs[i]);
  return *found;
}

const Array* OnnxImport::constant(const Node& n, std::size_t i) const {
  if (!has(n, i)) return nullptr;
  const OnnxTensor& tensor = at(n, i);
  return tensor.constant.get();
}

const OnnxTensor& OnnxImport::value(const Node& n, std::size_t i) const {
  const OnnxTensor& tensor = at(n, i);
  if (tensor.constant) refuse(n, "input " + std::to_string(i) + " is a constant", "a value that depends on the network's input");
  if (tensor.piece == OnnxPiece::none) return tensor;
  refuse(n, "takes a part of a computation that is known as a whole only",
         "GELU, GroupNorm or a thresholded ReLU as PyTorch and lehr write them");
}

const Array& OnnxImport::numbers(const Node& n, std::size_t i) const {
  const Array* values = constant(n, i);
  if (values == nullptr || values->dtype() != DType::f32 || values->empty())
    refuse(n, "input " + std::to_string(i) + " is none that a layer can have", "float32 numbers that stand in the file", name_of(n, i));
  return *values;
}

OnnxImport::Extents OnnxImport::integers(const Node& n, std::size_t i) const {
  const Array* values = constant(n, i);
  if (values == nullptr || values->dtype() != DType::i64 || values->shape().rank() > 1)
    refuse(n, "input " + std::to_string(i) + " is computed", "whole numbers that stand in the file", name_of(n, i));
  return {values->as<std::int64_t>().begin(), values->as<std::int64_t>().end()};
}

std::size_t OnnxImport::image(const Node& n, std::size_t i) {
  const OnnxTensor& tensor = value(n, i);
  if (shape(tensor.node).rank() != 3) refuse(n, "takes images", "(batch, channels, height, width)", shape(tensor.node).text());
  if (tensor.first) return tensor.node;
  auto& turned = turned_[{tensor.node, true}];
  if (turned == 0) turned = add(n, Permute{.dims = {std::vector{2, 3, 1}}}, {tensor.node});
  return turned;
}

std::size_t OnnxImport::plain(const Node& n, std::size_t i) {
  const OnnxTensor& tensor = value(n, i);
  if (!tensor.first) return tensor.node;
  auto& turned = turned_[{tensor.node, false}];
  if (turned != 0) return turned;
  const Shape from = shape(tensor.node);
  if (from[2] == 1 || from[0] * from[1] == 1)  // the same order in memory
    return turned = add(
               n,
               Reshape{.target_shape = std::vector<int>{static_cast<int>(from[2]), static_cast<int>(from[0]), static_cast<int>(from[1])}},
               {tensor.node});
  return turned = add(n, Permute{.dims = {std::vector{3, 1, 2}}}, {tensor.node});
}

OnnxTensor OnnxImport::with_last(const Node& n, std::size_t i, std::int64_t axis) {
  OnnxTensor tensor = value(n, i);
  const std::size_t rank = shape(tensor.node).rank();
  if (this->axis(n, tensor, axis) == rank) return tensor;
  const OnnxTensor other = tensor.first ? OnnxTensor{.node = plain(n, i)} : OnnxTensor{.node = image(n, i), .first = true};
  if (this->axis(n, other, axis) != rank)
    refuse(n, "works along an axis in the middle", "channels, or the last axis", std::to_string(axis));
  return other;
}

OnnxImport::Extents OnnxImport::extents(const OnnxTensor& tensor) const {
  Extents out = shape(tensor.node).extents();
  if (tensor.first) std::rotate(out.begin(), out.begin() + 2, out.end());
  return out;
}

std::size_t OnnxImport::axis(const Node& n, const OnnxTensor& tensor, std::int64_t axis) const {
  const auto rank = static_cast<std::int64_t>(shape(tensor.node).rank()) + 1;
  const std::int64_t from_front = axis < 0 ? axis + rank : axis;
  if (axis < -rank || axis >= rank || from_front == 0)
    refuse(n, "an axis is the batch's, or none of the value's", "1 to " + std::to_string(rank - 1), std::to_string(axis));
  if (!tensor.first) return static_cast<std::size_t>(from_front);
  return from_front == 1 ? 3 : static_cast<std::size_t>(from_front - 1);
}

std::int64_t OnnxImport::integer(const Node& n, const char* name, std::int64_t otherwise) const {
  const OnnxAttribute* found = n.find(name);
  if (found == nullptr) return otherwise;
  const auto* value = std::get_if<std::int64_t>(found);
  if (value == nullptr || *value < -longest_extent || *value > longest_extent)
    refuse(n, std::string(name) + " is no sensible whole number");
  return *value;
}

double OnnxImport::number(const Node& n, const char* name, double otherwise) const {
  const OnnxAttribute* found = n.find(name);
  if (found == nullptr) return otherwise;
  const auto* value = std::get_if<double>(found);
  if (value == nullptr || !(*value - *value == 0)) refuse(n, std::string(name) + " is no finite number");
  return *value;
}

std::string OnnxImport::text(const Node& n, const char* name, const char* otherwise) const {
  const OnnxAttribute* found = n.find(name);
  if (found == nullptr) return otherwise;
  const auto* value = std::get_if<std::string>(found);
  if (value == nullptr) refuse(n, std::string(name) + " is no text");
  return *value;
}

std::optional<OnnxImport::Extents> OnnxImport::list(const Node& n, const char* name) const {
  const OnnxAttribute* found = n.find(name);
  if (found == nullptr) return {};
  const auto* value = std::get_if<Extents>(found);
  const auto sensible_one = [](std::int64_t v) { return v >= -longest_extent && v <= longest_extent; };
  if (value == nullptr || !std::all_of(value->begin(), value->end(), sensible_one))
    refuse(n, std::string(name) + " is no list of sensible whole numbers");
  return *value;
}

std::optional<OnnxImport::Extents> OnnxImport::list(const Node& n, const char* name, std::size_t input) const {
  if (auto given = list(n, name)) return given;
  if (!has(n, input)) return {};
  return integers(n, input);
}

void OnnxImport::charge(const Node& n, std::size_t bytes) {
  if (bytes > allowed_) refuse(n, "makes many times more numbers than the file holds");
  allowed_ -= bytes;
}

std::size_t OnnxImport::add(const Node& n, const LayerSpec& layer, std::vector<std::size_t> inputs, std::vector<WeightTensor> weights) {
  for (const auto& weight : weights) charge(n, weight.values.bytes());
  std::string name = weights.empty() || weights[0].place.empty() ? layer_name(n.name, "/") : layer_name(weights[0].place, "./");
  if (name.empty()) name = layer_name(n.name, "/");
  if (!name.empty() && !names_.insert(name).second) {
    name += "_" + std::string(layer.info().name);
    const std::string base = name;
    for (int i = 1; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
  }
  entries_.push_back({.layer = layer.named(name), .inputs = std::move(inputs), .weights = std::move(weights)});
  recompute(n, entries_.size() - 1);
  return entries_.size() - 1;
}

void OnnxImport::recompute(const Node& n, std::size_t node) {
  Entry& entry = entries_.at(node);
  std::vector<Shape> shapes;
  for (const auto input : entry.inputs) shapes.push_back(entries_[input].shape);
  entry.shape = entry.layer->make()->output_shape(shapes);
  if (!sensible(entry.shape)) refuse(n, "its output has an absurd shape", "extents of a value that fits in memory", entry.shape.text());
}

void OnnxImport::set_constant(const Node& n, std::shared_ptr<const Array> values, bool copied) {
  if (copied) charge(n, values->bytes());
  values_[n.outputs[0]] = {.constant = std::move(values)};
}

void OnnxImport::set(const Node& n, OnnxTensor tensor) { values_[n.outputs[0]] = std::move(tensor); }

bool OnnxImport::used_once(const std::string& name) const {
  const auto found = uses_.find(name);
  return found != uses_.end() && found->second == 1;
}

const OnnxNode* OnnxImport::producer(const std::string& name) const {
  const auto found = producer_.find(name);
  return found == producer_.end() ? nullptr : &graph_.nodes[found->second];
}

void OnnxImport::refuse(const Node& n, std::string what, std::string expected, std::string got) const {
  throw Error({.category = Category::data,
               .where = source_ + ", " + n.op + (n.name.empty() ? "" : " \"" + n.name + "\""),
               .what = std::move(what),
               .expected = std::move(expected),
               .got = std::move(got)});
}

TensorFile from_onnx(OnnxGraph graph, const std::string& source) {
  OnnxImport import(std::move(graph), source);
  const Network network = import.network();
  const BuiltNetwork built(network, *network.input_shape());
  std::map<std::string, std::size_t> entries;
  for (std::size_t i = 0; i < built.layers().size(); ++i) entries[built.layers()[i].name] = i;
  TensorFile out{
      .format = WeightFormat::onnx, .source = source, .ordered = true, .model_config = keras_config(network, built.input()).text()};
  for (const auto& layer : network_layers(built)) {
    WeightLayer ours{.name = layer.name, .path = layer.path, .class_name = layer.class_name};
    const auto& weights = import.weights(entries.at(layer.name));
    for (std::size_t k = 0; k < layer.weights.size(); ++k) {
      const auto& want = layer.weights[k];
      if (weights.size() != layer.weights.size() || weights[k].values.shape() != want.shape)
        throw Error({.category = Category::data,
                     .where = source + ", " + layer.class_name + " \"" + layer.name + "\"",
                     .what = "its numbers do not fit",
                     .expected = want.name + " " + want.shape.text(),
                     .got = k < weights.size() ? weights[k].values.shape().text() : "none"});
      ours.weights.push_back({.name = want.name, .place = weights[k].place, .values = weights[k].values});
    }
    out.layers.push_back(std::move(ours));
  }
  return out;
}

}  // namespace lehr
