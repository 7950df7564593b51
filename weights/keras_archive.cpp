// .keras: a zip of metadata.json, config.json and model.weights.h5, stored.
#include <algorithm>
#include <ctime>
#include <set>

#include "engine/data/zip.h"
#include "engine/json.h"
#include "layers/keras_config.h"
#include "weights/formats.h"
#include "weights/keras_json.h"
#include "weights/name_map.h"

namespace lehr {

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

/// A configuration says much the same of every layer, and packs well.
std::uint64_t text_room(std::uint64_t packed) { return std::min(256 * mib, 16 * mib + 64 * packed); }

std::string read_text(const ZipReader& zip, const char* name) {
  const ZipEntry* entry = zip.find(name);
  if (entry == nullptr)
    throw Error({.category = Category::data,
                 .where = zip.file(),
                 .what = "is no whole Keras model",
                 .expected = std::string("an entry ") + name,
                 .got = "none"});
  if (entry->size > text_room(entry->compressed))
    throw Error(
        {.category = Category::data, .where = zip.file() + ", entry " + name, .what = "claims more text than a model's configuration has"});
  const auto bytes = zip.read(*entry);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Keras reads the last of two, others the first.
void check_names(const ZipReader& zip) {
  std::set<std::string> seen;
  for (const auto& entry : zip.entries())
    if (!seen.insert(entry.name).second)
      throw Error({.category = Category::data,
                   .where = zip.file() + ", entry " + entry.name,
                   .what = "the file has two entries of this name",
                   .hint = "Which of them is meant cannot be known; write the file again."});
}

/// The most that this network's weights take as a file: with an optimizer four slots and an average beside each of them, without one numbers
/// of 8 bytes; and what HDF5 says of every layer. None where the network cannot be built here.
std::optional<std::uint64_t> honest_bytes(const JsonValue& model, const std::string& file) {
  try {
    const Network network = network_from_keras_config(model, file);
    if (!network.input_shape()) return {};
    const std::int64_t parameters = BuiltNetwork(network, *network.input_shape()).parameter_count();
    if (parameters < 0 || parameters > std::int64_t{1} << 50U) return {};
    const JsonValue* compiled = model.find("compile_config");
    const std::uint64_t each = compiled != nullptr && compiled->size() != 0 ? 24 : 8;
    return mib + (std::uint64_t{16} << 10U) * (network.size() + network.groups().size()) + each * static_cast<std::uint64_t>(parameters);
  } catch (const Error&) {  // of layers that there are not here, the weights can be looked at all the same
    return {};
  }
}

/// Before anything is unpacked. Keras stores weights as they are; other programs pack them, which hardly makes them smaller unless they are zeros.
void check_room(const ZipReader& zip, const ZipEntry& weights, const JsonValue& model) {
  const std::uint64_t packed = weights.compressed, plain = 4 * packed + mib;
  if (weights.method == 0 || weights.size <= plain) return;
  const std::uint64_t most = std::max(plain, honest_bytes(model, zip.file()).value_or(hdf5_room(packed)));
  if (weights.size > most)
    throw Error({.category = Category::data,
                 .where = zip.file() + ", entry " + weights.name,
                 .what = "claims to unpack to more than the weights of this network can",
                 .expected = "at most " + std::to_string(most) + " bytes",
                 .got = std::to_string(weights.size)});
}

/// In the configuration's order, with its classes; what the configuration does not know stays behind them.
void order_layers(TensorFile& file, const std::vector<VariablePath>& paths) {
  std::vector<WeightLayer> ordered;
  for (const auto& known : paths) {
    const auto at = std::find_if(file.layers.begin(), file.layers.end(), [&](const WeightLayer& l) { return l.path == known.path; });
    if (at == file.layers.end()) {
      ordered.push_back({.name = known.name, .path = known.path, .class_name = known.class_name});
      continue;
    }
    at->class_name = known.class_name;
    if (!known.name.empty()) at->name = known.name;
    const auto names = weight_names(known.class_name, at->weights.size());
    for (std::size_t i = 0; i < names.size(); ++i) at->weights[i].name = names[i];
    ordered.push_back(std::move(*at));
    file.layers.erase(at);
  }
  std::move(file.layers.begin(), file.layers.end(), std::back_inserter(ordered));
  file.layers = std::move(ordered);
  file.ordered = true;
}

std::string saved_at() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32] = {};
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d@%H:%M:%S", &local)};
}

}  // namespace

TensorFile read_keras_archive(const std::string& file, bool with_weights) {
  const ZipReader zip(file);
  check_names(zip);
  const std::string config = read_text(zip, "config.json");
  const JsonValue model = JsonValue::parse(config, file + ", config.json");
  const ZipEntry* weights = zip.find("model.weights.h5");
  if (weights == nullptr)
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is no whole Keras model",
                 .expected = "an entry model.weights.h5",
                 .got = "none"});
  TensorFile out;
  if (with_weights) {
    check_room(zip, *weights, model);
    const auto bytes = zip.read(*weights);
    out = from_variable_paths(read_hdf5(bytes, file + ", model.weights.h5"));
  }
  out.format = WeightFormat::keras;
  out.source = file;
  out.model_config = config;
  if (const JsonValue* compiled = model.find("compile_config"); compiled != nullptr && compiled->size() != 0)
    out.compile_config = compiled->text();
  if (zip.find("metadata.json") != nullptr) {
    const JsonValue metadata = JsonValue::parse(read_text(zip, "metadata.json"), file + ", metadata.json");
    if (const JsonValue* version = metadata.find("keras_version"); version != nullptr && version->is_string())
      out.keras_version = version->string();
  }
  if (with_weights) order_layers(out, variable_paths(model));
  return out;
}

void write_keras_archive(const std::string& file, TensorFile tensors) {
  if (tensors.model_config.empty())
    throw Error({.category = Category::usage,
                 .where = file,
                 .what = "a .keras file holds the network as well, and these weights come without one",
                 .hint = "Name it with --model, or write .weights.h5."});
  JsonValue config = JsonValue::parse(tensors.model_config, file);
  if (!tensors.compile_config.empty()) config["compile_config"] = JsonValue::parse(tensors.compile_config, file);
  const JsonValue metadata =
      JsonValue::object({{"keras_version", tensors.keras_version.empty() ? "3.10.0" : tensors.keras_version}, {"date_saved", saved_at()}});
  const auto bytes_of = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  const std::string metadata_text = metadata.text(), config_text = config.text();
  ZipWriter zip(file);
  zip.add("metadata.json", bytes_of(metadata_text), false);
  zip.add("config.json", bytes_of(config_text), false);
  zip.add("model.weights.h5", encode_hdf5(to_variable_paths(std::move(tensors))), false);
  zip.finish();
}

}  // namespace lehr
