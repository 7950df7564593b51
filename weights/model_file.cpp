#include "weights/model_file.h"

#include "engine/json.h"
#include "engine/spec/parse.h"
#include "layers/keras_config.h"
#include "layers/network_files.h"
#include "weights/network_weights.h"

namespace lehr {

bool is_model_file(std::string_view name) {
  return name.ends_with(".keras") || name.ends_with(".onnx") || name.ends_with(".hdf5") ||
         (name.ends_with(".h5") && !name.ends_with(".weights.h5"));
}

namespace {

/// A network that cannot be built is the file's fault, not the command line's.
void check_builds(const Network& network, const std::string& file) {
  if (!network.input_shape()) return;
  try {
    const BuiltNetwork built(network, *network.input_shape());
  } catch (const Error& error) {
    if (error.info().category != Category::usage) throw;
    ErrorInfo info = error.info();
    info.category = Category::data;
    info.where = file + (info.where.empty() ? "" : ", " + info.where);
    throw Error(std::move(info));
  }
}

}  // namespace

Network network_of_file(const std::string& file) {
  const TensorFile tensors = read_model_texts(file);
  if (tensors.model_config.empty())
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "holds weights and no network",
                 .expected = "a whole model, as model.save(\"x.keras\") writes it",
                 .got = std::string(name_of(tensors.format)),
                 .hint = "Name the network with --model, and these weights with --initial-weights."});
  Network network = network_from_keras_config(JsonValue::parse(tensors.model_config, file), file);
  check_builds(network, file);
  network.set_weights(file);
  return network;
}

namespace {

std::optional<std::string> file_in(const SpecValue& value) {
  if ((value.is(SpecKind::word) || value.is(SpecKind::string)) && is_model_file(value.text)) return value.text;
  return {};
}

}  // namespace

Network network_with_files(std::string_view text) {
  const SpecValue value = parse_spec(text, "--model");
  if (const auto file = file_in(value)) return network_of_file(*file);
  return network_from_spec(value, [](const std::string& name) -> std::optional<Network> {
    if (!is_model_file(name)) return {};
    return network_of_file(name);
  });
}

std::optional<std::string> whole_model(std::string_view text) { return file_in(parse_spec(text, "--model")); }

TensorFile model_tensors(const BuiltNetwork& network, const State& state) {
  TensorFile out = tensor_file_of(network, state);
  out.model_config = keras_config(network.network(), network.input()).text();
  return out;
}

}  // namespace lehr
