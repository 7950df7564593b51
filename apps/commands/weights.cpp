// lehr weights: weight files of Keras, NumPy and PyTorch listed, looked into, converted, fetched and checked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>

#include "apps/console.h"
#include "engine/data/digest.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "tune/format.h"
#include "tune/terminal.h"
#include "weights/convert.h"
#include "weights/fetch.h"
#include "weights/model_file.h"
#include "weights/source.h"
#include "weights/tensor_file.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

struct WeightFlags {
  FitJob job;
  std::string name, file, output, model, input_shape, from;
  bool include_top = false;
};

/// Where a pretrained file lies; empty: nowhere.
std::string place_of(const PretrainedWeights& known, const std::string& folder) {
  std::error_code ignored;
  for (const auto& place : weight_folders(folder))
    if (fs::is_regular_file(fs::path(place) / known.file, ignored)) return (fs::path(place) / known.file).string();
  return {};
}

void list_weights(Console& console, const WeightFlags& f) {
  JsonValue json = JsonValue::array();
  for (const auto& known : pretrained_weights()) {
    const std::string place = place_of(known, f.job.data_dir);
    json.push_back(JsonValue::object({{"name", known.network},
                                      {"include_top", known.include_top},
                                      {"file", known.file},
                                      {"bytes", known.bytes},
                                      {"parameters", known.parameters},
                                      {"md5", known.md5},
                                      {"url", known.url},
                                      {"place", place.empty() ? JsonValue() : JsonValue(place)}}));
    if (!console.json)
      console.out << fmt::format(
          "{}{}  {} parameters, {}\n  {}\n  {}\n", known.network, known.include_top ? " --include-top" : "",
          count_text(static_cast<std::int64_t>(known.parameters)), bytes_text(static_cast<double>(known.bytes)), known.file,
          place.empty() ? "not here; lehr weights fetch " + std::string(known.network) + (known.include_top ? " --include-top" : "")
                        : "in " + place);
  }
  if (console.json) console.out << json.text(2) << '\n';
}

std::int64_t elements_of(const TensorFile& file) {
  std::int64_t sum = 0;
  for (const auto& layer : file.layers)
    for (const auto& w : layer.weights) sum += w.values.shape().elements();
  return sum;
}

JsonValue layer_json(const WeightLayer& layer) {
  JsonValue weights = JsonValue::array();
  for (const auto& w : layer.weights)
    weights.push_back(JsonValue::object(
        {{"name", w.name}, {"place", w.place}, {"shape", JsonValue(w.values.shape().extents())}, {"dtype", name_of(w.values.dtype())}}));
  return JsonValue::object({{"name", layer.name}, {"path", layer.path}, {"class_name", layer.class_name}, {"weights", weights}});
}

void inspect_weights(Console& console, const WeightFlags& f) {
  const TensorFile file = read_tensor_file(f.file);
  if (console.json) {
    JsonValue layers = JsonValue::array();
    for (const auto& layer : file.layers) layers.push_back(layer_json(layer));
    console.out << JsonValue::object({{"file", f.file},
                                      {"format", name_of(file.format)},
                                      {"keras_version", file.keras_version},
                                      {"layers", layers},
                                      {"parameters", elements_of(file)},
                                      {"optimizer_variables", file.optimizer ? file.optimizer->values.size() : 0}})
                       .text(2)
                << '\n';
    return;
  }
  console.out << f.file << ": " << name_of(file.format) << (file.keras_version.empty() ? "" : ", Keras " + file.keras_version) << '\n';
  for (const auto& layer : file.layers)
    for (const auto& w : layer.weights)
      console.out << fmt::format("{:<44} {:<20} {:<10} {}\n", layer.name + "/" + w.name, w.values.shape().text(), name_of(w.values.dtype()),
                                 w.place);
  console.out << fmt::format("{} layers with weights of {}, {} parameters",
                             std::count_if(file.layers.begin(), file.layers.end(), [](const auto& l) { return !l.weights.empty(); }),
                             file.layers.size(), count_text(elements_of(file)));
  if (file.optimizer)
    console.out << fmt::format("; optimizer \"{}\" with {} variables", file.optimizer->name, file.optimizer->values.size());
  console.out << (file.model_config.empty() ? "" : "; the network as well") << (file.compile_config.empty() ? "" : ", compiled") << '\n';
}

std::optional<BuiltNetwork> network_of(const WeightFlags& f) {
  if (f.model.empty()) return {};
  const Network network = network_with_files(f.model);
  if (network.input_shape()) return BuiltNetwork(network, *network.input_shape());
  if (f.input_shape.empty())
    throw Error({.category = Category::usage,
                 .where = "--input-shape",
                 .what = "is needed: the network does not say it",
                 .expected = "HEIGHTxWIDTHxCHANNELS"});
  std::vector<std::int64_t> extents;
  for (const auto& item : spec_elements(parse_spec(f.input_shape, "--input-shape"))) extents.push_back(spec_integer(item, 1, 1'000'000));
  return BuiltNetwork(network, Shape(std::move(extents)));
}

void convert(Console& console, const WeightFlags& f) {
  const std::string line = convert_weights(f.file, f.output, network_of(f));
  if (console.json)
    console.out << JsonValue::object({{"from", f.file}, {"to", f.output}, {"what", line}}).text(2) << '\n';
  else
    console.out << "written: " << f.output << " (" << line << ")\n";
}

void fetch(Console& console, const WeightFlags& f) {
  catch_signals();
  WeightFetch what{
      .name = f.name, .include_top = f.include_top, .folder = f.job.data_dir, .mirror = f.from, .hooks = {.interrupted = interrupted}};
  if (!console.quiet && terminal_of(STDERR_FILENO).interactive)
    what.hooks.progress = [&console](std::int64_t done, std::int64_t total) {
      console.err << "\r  " << bytes_text(static_cast<double>(done)) << " of " << bytes_text(static_cast<double>(total)) << "   "
                  << (done >= total ? "\n" : "") << std::flush;
    };
  const FetchedWeights got = fetch_weights(what);
  if (console.json)
    console.out << JsonValue::object({{"place", got.file}, {"already_there", got.already_there}, {"class_names", got.class_names}}).text(2)
                << '\n';
  else
    console.out << (got.already_there ? "there already: " : "fetched, digest checked: ") << got.file << "\nuse it with: --model '" << f.name
                << "(" << (f.include_top ? "" : "include_top=false, ") << "weights=imagenet)"
                << (f.include_top ? "'" : " | global_average_pooling2d | dense(62, softmax)'") << '\n';
}

/// Numbers that are none are no weights.
void check_numbers(const TensorFile& file) {
  for (const auto& layer : file.layers)
    for (const auto& w : layer.weights) {
      const Array values = w.values.as_f32();
      for (const float v : values.as<float>())
        if (!std::isfinite(v))
          throw Error({.category = Category::data,
                       .where = file.source + ", " + layer.name + "/" + w.name,
                       .what = "holds numbers that are infinite or NaN"});
    }
}

void verify(Console& console, const WeightFlags& f) {
  std::vector<std::string> files;
  for (const auto& known : pretrained_weights()) {
    const std::string place = place_of(known, f.job.data_dir);
    if (!place.empty() && (f.file.empty() || f.file == known.network)) files.push_back(place);
  }
  if (files.empty() && f.file.empty())
    throw Error({.category = Category::data,
                 .where = "weights verify",
                 .what = "there is nothing to verify",
                 .hint = "lehr weights list says what there could be. Or give a file."});
  if (files.empty()) files.push_back(f.file == "vgg16" ? find_weights("imagenet", "vgg16", f.job.data_dir) : f.file);
  JsonValue json = JsonValue::array();
  for (const auto& path : files) {
    std::string digest;
    for (const auto& known : pretrained_weights()) {
      if (fs::path(path).filename() != known.file) continue;
      digest = file_digest(path, "md5");
      if (digest != known.md5)
        throw Error({.category = Category::data,
                     .where = path,
                     .what = "is not the file that Keras publishes",
                     .expected = "md5 " + std::string(known.md5),
                     .got = digest,
                     .hint = "Remove it and get it again:  lehr weights fetch " + std::string(known.network) +
                             (known.include_top ? " --include-top" : "")});
    }
    const TensorFile file = read_tensor_file(path);
    check_numbers(file);
    json.push_back(JsonValue::object({{"file", path},
                                      {"format", name_of(file.format)},
                                      {"parameters", elements_of(file)},
                                      {"md5", digest.empty() ? JsonValue() : JsonValue(digest)}}));
    if (!console.json)
      console.out << path << ": " << name_of(file.format) << ", " << count_text(elements_of(file)) << " parameters, all finite"
                  << (digest.empty() ? "" : ", md5 as published") << '\n';
  }
  if (console.json) console.out << json.text(2) << '\n';
}

}  // namespace

void add_weights(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("weights", "list, inspect, convert, fetch and verify weight files");
  command->require_subcommand(1);
  const auto sub = [&](const char* name, const char* what, void (*action)(Console&, const WeightFlags&)) {
    auto* c = command->add_subcommand(name, what);
    auto flags = std::make_shared<WeightFlags>();
    add_common_flags(*c, console, flags->job);
    c->callback([&console, flags, action] { action(console, *flags); });
    return std::pair{c, flags};
  };
  sub("list", "pretrained weights, and which of them are here", list_weights);
  const auto [inspect, looked] = sub("inspect", "what a weight file or model holds", inspect_weights);
  inspect->add_option("file", looked->file, ".h5, .weights.h5, .keras, .npz, .safetensors or .onnx")->required();
  const auto [converted, conversion] = sub("convert", "the same weights in another format: that of the second name", convert);
  converted->add_option("file", conversion->file, "to read")->required();
  converted->add_option("output", conversion->output, "to write: .weights.h5, .h5, .keras, .npz, .safetensors, .onnx")->required();
  converted->add_option("--model", conversion->model, "the network that the weights are for: names them");
  converted->add_option("--input-shape", conversion->input_shape, "HEIGHTxWIDTHxCHANNELS, for --model");
  const auto [fetched, fetching] = sub("fetch", "download pretrained weights, go on where it stopped, check the digest", fetch);
  fetched->add_option("name", fetching->name, "vgg16")->required();
  fetched->add_flag("--include-top", fetching->include_top, "with the three dense layers (553 MB), and the names of ImageNet's classes");
  fetched->add_option("--from", fetching->from, "a mirror: the folder's address, http or https");
  const auto [verified, verification] = sub("verify", "digests of pretrained files, and whether all numbers are finite", verify);
  verified->add_option("file", verification->file, "a file, or vgg16; default: all pretrained files that are here");
}

}  // namespace lehr
