// safetensors: u64 length, that much JSON {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {...}}, then the numbers.
// Written in PyTorch's names and layout ("conv2d.weight", out x in x h x w), so that load_state_dict takes them; the key "lehr" of the
// metadata says what they were. https://huggingface.co/docs/safetensors
#include <algorithm>
#include <cstring>
#include <map>

#include "engine/atomic_file.h"
#include "engine/data/byte_reader.h"
#include "engine/data/file.h"
#include "engine/json.h"
#include "weights/formats.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

constexpr std::uint64_t longest_header = 100'000'000;  // as the format's own reader

struct Element {
  std::string_view name;
  std::size_t bytes;
  DType becomes;
};
constexpr Element elements[] = {{"F32", 4, DType::f32}, {"F64", 8, DType::f64}, {"F16", 2, DType::f32}, {"BF16", 2, DType::bf16},
                                {"I64", 8, DType::i64}, {"I32", 4, DType::i32}, {"U8", 1, DType::u8},   {"BOOL", 1, DType::u8}};

const Element& element_of(const std::string& name, const std::string& where) {
  for (const auto& e : elements)
    if (e.name == name) return e;
  throw Error({.category = Category::data,
               .where = where,
               .what = "holds elements of a type that is not read",
               .expected = "F32, F64, F16, BF16, I64, I32, U8 or BOOL",
               .got = name});
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U, exponent = (half >> 10U) & 31U, fraction = half & 1023U;
  if (exponent == 0) return (sign != 0 ? -1.0F : 1.0F) * static_cast<float>(fraction) * 0x1p-24F;
  return std::bit_cast<float>(sign | (exponent == 31 ? 255U : exponent + 112U) << 23U | fraction << 13U);
}

Array array_of(const Element& e, Shape shape, std::span<const std::byte> bytes) {
  Array out(std::move(shape), e.becomes);
  if (e.name != "F16") {
    if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
  for (std::size_t i = 0; i < out.count(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + 2 * i, 2);
    out.as<float>()[i] = half_to_float(half);
  }
  return out;
}

struct Entry {
  std::string name;
  Array values = {};
  std::uint64_t begin = 0, end = 0;
};

std::uint64_t offset_of(const JsonValue& json, std::size_t i, const std::string& where) {
  const std::int64_t value = json.at(i).integer();
  if (value < 0) throw Error({.category = Category::data, .where = where, .what = "has a negative offset"});
  return static_cast<std::uint64_t>(value);
}

Entry entry_of(const JsonMember& member, std::span<const std::byte> data, const std::string& file, std::uint64_t base) {
  const std::string where = file + ", tensor \"" + member.name + "\"";
  const Element& e = element_of(member.value.at("dtype").string(), where);
  std::vector<std::int64_t> extents;
  std::uint64_t bytes = e.bytes;
  for (const auto& extent : member.value.at("shape").elements()) {
    const std::int64_t value = extent.integer();
    if (value < 0 || (value != 0 && bytes > (std::uint64_t{1} << 50U) / static_cast<std::uint64_t>(value)))
      throw Error({.category = Category::data, .where = where, .what = "has an absurd shape"});
    bytes *= static_cast<std::uint64_t>(value);
    extents.push_back(value);
  }
  const JsonValue& offsets = member.value.at("data_offsets");
  Entry out{.name = member.name, .begin = offset_of(offsets, 0, where), .end = offset_of(offsets, 1, where)};
  const auto fail = [&](std::string what, std::string expected, std::string got) {
    throw Error({.category = Category::data,
                 .where = where + ", offset " + std::to_string(base + out.begin),
                 .what = std::move(what),
                 .expected = std::move(expected),
                 .got = std::move(got)});
  };
  if (out.end < out.begin || out.end > data.size())
    fail("lies outside the file", std::to_string(data.size()) + " bytes of numbers",
         "offsets " + std::to_string(out.begin) + " to " + std::to_string(out.end));
  if (out.end - out.begin != bytes)
    fail("its bytes do not fill its shape", std::to_string(bytes) + " bytes for " + Shape(extents).text(),
         std::to_string(out.end - out.begin));
  out.values = array_of(e, Shape(std::move(extents)), data.subspan(out.begin, bytes));
  return out;
}

/// "features.0.weight" -> features.0 and weight; Keras's "dense/kernel" likewise. Separable layers keep "depthwise.weight".
std::pair<std::string, std::string> split_name(const std::string& name) {
  for (const std::string_view tail : {".depthwise.weight", ".pointwise.weight"})
    if (name.ends_with(tail)) return {name.substr(0, name.size() - tail.size()), std::string(tail.substr(1))};
  const auto slash = name.rfind('/'), dot = name.rfind('.');
  const auto at = slash != std::string::npos ? slash : dot;
  if (at == std::string::npos) return {"", name};
  return {name.substr(0, at), name.substr(at + 1)};
}

/// What the file was before it was written in PyTorch's layout: names, classes, shapes.
bool restore_from(const std::string& notes, std::map<std::string, Array>& tensors, TensorFile& out) {
  const JsonValue json = JsonValue::parse(notes, out.source + ", metadata \"lehr\"");
  for (const JsonValue& layer : json.at("layers").elements()) {
    WeightLayer ours{.name = layer.at("name").string(), .path = layer.at("path").string(), .class_name = layer.at("class_name").string()};
    for (const JsonValue& weight : layer.at("weights").elements()) {
      const auto found = tensors.find(weight.at("tensor").string());
      if (found == tensors.end()) return false;
      std::vector<std::int64_t> extents;
      for (const auto& extent : weight.at("shape").elements()) extents.push_back(extent.integer());
      const std::string name = weight.at("name").string();
      const auto torch_name = split_name(found->first).second;
      Array values = from_torch(torch_name, found->second, false).values;
      if (values.shape().elements() != found->second.shape().elements()) return false;
      if (Shape(extents).elements() != values.shape().elements()) return false;
      ours.weights.push_back({.name = name, .place = found->first, .values = values.reshaped(Shape(extents))});
    }
    out.layers.push_back(std::move(ours));
  }
  out.ordered = true;
  return true;
}

void take_torch_names(std::vector<Entry>& entries, TensorFile& out) {
  std::vector<std::vector<const Entry*>> members;
  for (const auto& e : entries) {
    const std::string owner = split_name(e.name).first;
    auto at = std::find_if(out.layers.begin(), out.layers.end(), [&](const WeightLayer& l) { return l.name == owner; });
    if (at == out.layers.end()) {
      out.layers.push_back({.name = owner});
      members.emplace_back();
      at = out.layers.end() - 1;
    }
    members[static_cast<std::size_t>(at - out.layers.begin())].push_back(&e);
  }
  for (std::size_t i = 0; i < out.layers.size(); ++i) {
    const bool normalizes = std::all_of(members[i].begin(), members[i].end(), [](const Entry* e) { return e->values.shape().rank() <= 1; });
    for (const Entry* e : members[i]) {
      const std::string name = split_name(e->name).second;
      if (name == "num_batches_tracked") continue;
      TorchWeight ours = is_weight_name(name) && name != "bias" ? TorchWeight{name, e->values} : from_torch(name, e->values, normalizes);
      out.layers[i].weights.push_back({.name = ours.name, .place = e->name, .values = std::move(ours.values)});
    }
  }
}

}  // namespace

TensorFile read_safetensors(const std::string& file) {
  const auto bytes = read_bytes(file);
  ByteReader in(bytes, file);
  const auto header_size = in.little<std::uint64_t>();
  if (header_size > longest_header) in.fail("its header is absurdly long", "at most 100 MB", std::to_string(header_size));
  const auto raw = in.take(header_size);
  const JsonValue header = JsonValue::parse({reinterpret_cast<const char*>(raw.data()), raw.size()}, file + ", header");
  const std::uint64_t base = in.offset();
  const auto data = in.take(in.left());
  TensorFile out{.format = WeightFormat::safetensors, .source = file};
  std::vector<Entry> entries;
  std::string notes;
  for (const JsonMember& member : header.members()) {
    if (member.name != "__metadata__") {
      entries.push_back(entry_of(member, data, file, base));
    } else if (const JsonValue* ours = member.value.find("lehr"); ours != nullptr) {
      notes = ours->string();
    }
  }
  // In the order of their numbers, which must fill the file: no holes, no overlaps.
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
  std::uint64_t at = 0;
  std::map<std::string, Array> by_name;
  for (const auto& e : entries) {
    if (e.begin != at)
      throw Error({.category = Category::data,
                   .where = file + ", tensor \"" + e.name + "\"",
                   .what = "overlaps another or leaves a hole",
                   .expected = "offset " + std::to_string(at),
                   .got = std::to_string(e.begin)});
    at = e.end;
    if (!by_name.emplace(e.name, e.values).second)
      throw Error(
          {.category = Category::data, .where = file + ", tensor \"" + e.name + "\"", .what = "the file has two tensors of this name"});
  }
  if (at != data.size())
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "has bytes that belong to no tensor",
                 .expected = std::to_string(at),
                 .got = std::to_string(data.size())});
  if (!notes.empty() && restore_from(notes, by_name, out)) return out;
  out.layers.clear();
  take_torch_names(entries, out);
  return out;
}

namespace {

std::string_view dtype_name(DType dtype) {
  for (const auto& e : elements)
    if (e.becomes == dtype && e.bytes == size_of(dtype)) return e.name;
  return "F32";
}

}  // namespace

void write_safetensors(const std::string& file, const TensorFile& tensors) {
  JsonValue header = JsonValue::object(), layers = JsonValue::array(), entries = JsonValue::object();
  std::vector<Array> values;
  std::uint64_t at = 0;
  for (const auto& layer : tensors.layers) {
    JsonValue weights = JsonValue::array();
    for (const auto& w : layer.weights) {
      TorchWeight torch = to_torch(layer.class_name, w.name, w.values);
      const std::string name = (layer.name.empty() ? "" : layer.name + ".") + torch.name;
      const std::uint64_t end = at + torch.values.bytes();
      if (entries.find(name) != nullptr)
        throw Error({.category = Category::usage,
                     .where = file,
                     .what = "two tensors would have the name \"" + name + "\"",
                     .expected = "different names of layers"});
      entries[name] = JsonValue::object(
          {{"dtype", std::string(dtype_name(torch.values.dtype()))},
           {"shape", JsonValue(torch.values.shape().extents())},
           {"data_offsets", JsonValue(std::vector<std::int64_t>{static_cast<std::int64_t>(at), static_cast<std::int64_t>(end)})}});
      weights.push_back(JsonValue::object({{"name", w.name}, {"tensor", name}, {"shape", JsonValue(w.values.shape().extents())}}));
      values.push_back(std::move(torch.values));
      at = end;
    }
    layers.push_back(
        JsonValue::object({{"name", layer.name}, {"path", layer.path}, {"class_name", layer.class_name}, {"weights", weights}}));
  }
  header["__metadata__"] = JsonValue::object({{"format", "pt"}, {"lehr", JsonValue::object({{"layers", layers}}).text()}});
  for (const auto& member : entries.members()) header.append(member.name, member.value);
  std::string text = header.text();
  text.append((8 - text.size() % 8) % 8, ' ');  // numbers begin on a multiple of eight
  std::vector<std::byte> out(sizeof(std::uint64_t));
  const std::uint64_t size = text.size();
  std::memcpy(out.data(), &size, sizeof size);
  out.reserve(out.size() + text.size() + at);
  const auto raw = std::as_bytes(std::span(text));
  out.insert(out.end(), raw.begin(), raw.end());
  for (const auto& v : values) out.insert(out.end(), v.data(), v.data() + v.bytes());
  write_file_atomically(file, out);
}

}  // namespace lehr
