// ONNX's protocol buffers, by the library's own classes.
#include "weights/onnx_graph.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/atomic_file.h"
#include "engine/data/file.h"
#include "kernels/error.h"
#include "weights/onnx_lengths.h"

namespace lehr {

namespace {

using Proto = onnx::TensorProto;

[[noreturn]] void fail(const std::string& where, std::string what, std::string expected = {}, std::string got = {}) {
  throw Error(
      {.category = Category::data, .where = where, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
}

Shape shape_of(const Proto& tensor, const std::string& where) {
  std::vector<std::int64_t> extents;
  std::int64_t elements = 1;
  for (const auto extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && elements > (std::int64_t{1} << 40) / extent))
      fail(where, "has an absurd shape", "extents of a tensor that fits in memory", std::to_string(extent));
    elements *= extent;
    extents.push_back(extent);
  }
  if (elements == 0 && extents.size() != 1) fail(where, "has an absurd shape", "numbers", Shape(extents).text());
  return Shape(std::move(extents));
}

template <class To, class From>
Array from_raw(const std::string& raw, const Shape& shape, const std::string& where) {
  const auto count = static_cast<std::size_t>(shape.elements());
  if (raw.size() != count * sizeof(From))
    fail(where, "its bytes do not fit its shape", std::to_string(count * sizeof(From)), std::to_string(raw.size()));
  Array out(shape, std::is_same_v<To, float> ? DType::f32 : DType::i64);
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, raw.data() + i * sizeof(From), sizeof(From));
    out.as<To>()[i] = static_cast<To>(value);
  }
  return out;
}

template <class To, class List>
Array from_list(const List& list, const Shape& shape, const std::string& where) {
  if (list.size() != shape.elements())
    fail(where, "its numbers do not fit its shape", std::to_string(shape.elements()), std::to_string(list.size()));
  Array out(shape, std::is_same_v<To, float> ? DType::f32 : DType::i64);
  std::transform(list.begin(), list.end(), out.as<To>().begin(), [](auto v) { return static_cast<To>(v); });
  return out;
}

std::uint64_t whole_number(const std::string& text, const std::string& where, const std::string& key) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) fail(where, "its " + key + " in another file is no number", "bytes", text);
  return out;
}

/// The bytes of a tensor that lies in another file of the model's folder, as large models and PyTorch's exporter write them.
std::string external_bytes(const Proto& tensor, const std::string& file, const std::string& where) {
  namespace fs = std::filesystem;
  std::string location;
  std::uint64_t offset = 0, length = 0;
  bool has_length = false;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = whole_number(entry.value(), where, "offset");
    if (entry.key() == "length") length = whole_number(entry.value(), where, "length"), has_length = true;
  }
  const fs::path named(location);
  const bool outside = named.is_absolute() || std::find(named.begin(), named.end(), "..") != named.end();
  if (location.empty() || outside) fail(where, "lies in a file outside the model's folder", "a file beside the model", location);
  const std::string path = (fs::path(file).parent_path() / named).string();
  std::error_code error;
  std::ifstream in;
  if (fs::is_regular_file(path, error)) in.open(path, std::ios::binary | std::ios::ate);  // a folder has no end, a pipe no beginning
  if (!in.is_open()) fail(where, "lies in another file, which cannot be read", path, "no file of that name: keep it beside the model");
  const auto size = static_cast<std::uint64_t>(in.tellg());
  if (!has_length) length = size - std::min(size, offset);
  if (offset > size || length > size - offset)
    fail(where, "lies behind the end of its file", std::to_string(size) + " bytes in " + path,
         std::to_string(length) + " from " + std::to_string(offset));
  std::string out(static_cast<std::size_t>(length), '\0');
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(out.data(), static_cast<std::streamsize>(length));
  if (!in) fail(where, "lies in another file, which cannot be read", path, "a read error");
  return out;
}

/// `file`: the model's.
Array array_of(const Proto& tensor, const std::string& source, const std::string& file) {
  const std::string where = source + ", tensor \"" + tensor.name() + "\"";
  if (tensor.data_location() == Proto::EXTERNAL) {
    Proto inside = tensor;
    inside.set_raw_data(external_bytes(tensor, file, where));
    inside.clear_data_location();
    inside.clear_external_data();
    return array_of(inside, source, file);
  }
  const Shape shape = shape_of(tensor, where);
  const bool raw = tensor.has_raw_data();
  switch (tensor.data_type()) {
    case Proto::FLOAT:
      return raw ? from_raw<float, float>(tensor.raw_data(), shape, where) : from_list<float>(tensor.float_data(), shape, where);
    case Proto::DOUBLE:
      return raw ? from_raw<float, double>(tensor.raw_data(), shape, where) : from_list<float>(tensor.double_data(), shape, where);
    case Proto::INT64:
      return raw ? from_raw<std::int64_t, std::int64_t>(tensor.raw_data(), shape, where)
                 : from_list<std::int64_t>(tensor.int64_data(), shape, where);
    case Proto::BOOL:
      return raw ? from_raw<std::int64_t, std::uint8_t>(tensor.raw_data(), shape, where)
                 : from_list<std::int64_t>(tensor.int32_data(), shape, where);
    case Proto::INT32:
      return raw ? from_raw<std::int64_t, std::int32_t>(tensor.raw_data(), shape, where)
                 : from_list<std::int64_t>(tensor.int32_data(), shape, where);
    default:
      fail(where, "is of a type that is not read", "float, double, int32, int64 or bool",
           Proto::DataType_IsValid(tensor.data_type()) ? Proto::DataType_Name(static_cast<Proto::DataType>(tensor.data_type()))
                                                       : std::to_string(tensor.data_type()));
  }
}

/// None: of a kind that no operator here has, as a graph of its own.
std::optional<OnnxAttribute> attribute_of(const onnx::AttributeProto& a, const std::string& where, const std::string& file) {
  switch (a.type()) {
    case onnx::AttributeProto::INT:
      return a.i();
    case onnx::AttributeProto::FLOAT:
      return static_cast<double>(a.f());
    case onnx::AttributeProto::STRING:
      return a.s();
    case onnx::AttributeProto::INTS:
      return std::vector<std::int64_t>(a.ints().begin(), a.ints().end());
    case onnx::AttributeProto::FLOATS:
      return std::vector<double>(a.floats().begin(), a.floats().end());
    case onnx::AttributeProto::TENSOR:
      return array_of(a.t(), where, file);
    case onnx::AttributeProto::UNDEFINED:
      fail(where, "attribute \"" + a.name() + "\" does not say of which kind it is", "a number, a text, a tensor");
    default:
      return {};
  }
}

OnnxValue value_of(const onnx::ValueInfoProto& info) {
  OnnxValue out{.name = info.name()};
  for (const auto& d : info.type().tensor_type().shape().dim()) out.shape.push_back(d.has_dim_value() ? d.dim_value() : -1);
  return out;
}

void write_array(const std::string& name, const Array& values, Proto& out) {
  out.set_name(name);
  for (const auto extent : values.shape().extents()) out.add_dims(extent);
  out.set_data_type(values.dtype() == DType::f32 ? Proto::FLOAT : Proto::INT64);
  out.set_raw_data(values.data(), values.bytes());
}

struct WriteAttribute {
  onnx::AttributeProto& out;
  void operator()(std::int64_t v) const {
    out.set_type(onnx::AttributeProto::INT);
    out.set_i(v);
  }
  void operator()(double v) const {
    out.set_type(onnx::AttributeProto::FLOAT);
    out.set_f(static_cast<float>(v));
  }
  void operator()(const std::string& v) const {
    out.set_type(onnx::AttributeProto::STRING);
    out.set_s(v);
  }
  void operator()(const std::vector<std::int64_t>& v) const {
    out.set_type(onnx::AttributeProto::INTS);
    for (const auto i : v) out.add_ints(i);
  }
  void operator()(const std::vector<double>& v) const {
    out.set_type(onnx::AttributeProto::FLOATS);
    for (const auto f : v) out.add_floats(static_cast<float>(f));
  }
  void operator()(const Array& v) const {
    out.set_type(onnx::AttributeProto::TENSOR);
    write_array("", v, *out.mutable_t());
  }
};

void write_value(const OnnxValue& value, onnx::ValueInfoProto& out) {
  out.set_name(value.name);
  auto* type = out.mutable_type()->mutable_tensor_type();
  type->set_elem_type(Proto::FLOAT);
  for (const auto extent : value.shape) {
    auto* dim = type->mutable_shape()->add_dim();
    if (extent < 0)
      dim->set_dim_param("batch");
    else
      dim->set_dim_value(extent);
  }
}

}  // namespace

const OnnxAttribute* OnnxNode::find(const std::string& attribute) const {
  const auto at = std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.first == attribute; });
  return at == attributes.end() ? nullptr : &at->second;
}

OnnxGraph read_onnx(const std::string& file) {
  const auto bytes = read_bytes(file);
  check_lengths(bytes, *onnx::ModelProto::descriptor(), file);
  onnx::ModelProto model;
  if (bytes.size() > INT32_MAX || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !model.has_graph())
    fail(file, "is no ONNX model, or damaged", "a ModelProto with a graph");
  OnnxGraph out{.name = model.graph().name(), .producer = model.producer_name()};
  for (const auto& set : model.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx") out.opset = set.version();
  if (out.opset < 7) fail(file, "is of an opset that is too old", "7 or newer", std::to_string(out.opset));
  for (const auto& node : model.graph().node()) {
    const std::string where = file + ", node " + std::to_string(out.nodes.size()) + " \"" + node.name() + "\" (" + node.op_type() + ")";
    if (!node.domain().empty() && node.domain() != "ai.onnx") fail(where, "is of a domain that is not read", "ai.onnx", node.domain());
    OnnxNode n{.op = node.op_type(),
               .name = node.name(),
               .inputs = {node.input().begin(), node.input().end()},
               .outputs = {node.output().begin(), node.output().end()}};
    for (const auto& a : node.attribute())
      if (auto value = attribute_of(a, where, file)) n.attributes.emplace_back(a.name(), std::move(*value));
    out.nodes.push_back(std::move(n));
  }
  for (const auto& tensor : model.graph().initializer()) out.initializers.emplace_back(tensor.name(), array_of(tensor, file, file));
  for (const auto& input : model.graph().input()) out.inputs.push_back(value_of(input));
  for (const auto& output : model.graph().output()) out.outputs.push_back(value_of(output));
  return out;
}

void write_onnx(const std::string& file, const OnnxGraph& graph) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name(graph.producer);
  model.add_opset_import()->set_version(graph.opset);
  auto* g = model.mutable_graph();
  g->set_name(graph.name);
  for (const auto& node : graph.nodes) {
    auto* n = g->add_node();
    n->set_op_type(node.op);
    n->set_name(node.name);
    for (const auto& i : node.inputs) n->add_input(i);
    for (const auto& o : node.outputs) n->add_output(o);
    for (const auto& [name, value] : node.attributes) {
      auto* a = n->add_attribute();
      a->set_name(name);
      std::visit(WriteAttribute{*a}, value);
    }
  }
  for (const auto& [name, values] : graph.initializers) write_array(name, values, *g->add_initializer());
  for (const auto& value : graph.inputs) write_value(value, *g->add_input());
  for (const auto& value : graph.outputs) write_value(value, *g->add_output());
  std::string text;
  if (!model.SerializeToString(&text))
    throw Error({.category = Category::usage, .where = file, .what = "an ONNX file cannot hold more than 2 GB"});
  write_file_atomically(file, text);
}

}  // namespace lehr
