// A model as a run left it, or as a file holds it.
#include <filesystem>

#include "engine/atomic_file.h"
#include "tune/fit_job.h"
#include "tune/job_inputs.h"
#include "tune/run_folder.h"
#include "weights/model_file.h"

namespace lehr {

namespace {

/// A run's model.keras takes features that are scaled already: who opens the file in the run's folder has those of the data.
std::optional<FeatureScaler> scaler_beside(const std::string& model) {
  const auto folder = std::filesystem::path(model).parent_path();
  std::error_code error;
  if (!whole_model(model) || !std::filesystem::exists(folder / scaler_file, error) || !RunFolder::holds_run(folder)) return {};
  return FeatureScaler::parse(read_file((folder / scaler_file).string()), (folder / scaler_file).string());
}

/// Predictions need neither loss nor metrics.
CompileWishes wishes_of(const FitJob& given, bool predicts) {
  const auto unless = [&](bool flag) { return flag ? Wanted::nothing : predicts ? Wanted::readable : Wanted::all; };
  return {.optimizer = Wanted::nothing, .loss = unless(!given.loss.empty()), .metrics = unless(given.names_metrics())};
}

void check_weights_of_model(const std::string& weights, const std::string& model) {
  if (weights == "best" || weights == "last")
    throw Error({.category = Category::usage,
                 .where = "--weights " + weights,
                 .what = "best and last are of runs, and this is a model",
                 .expected = "a file of weights for it, or no --weights for its own",
                 .got = model});
}

/// The files that may hold the network of a run that began with a model file, which may be gone: what the run itself left comes first.
std::vector<std::string> model_files(const FitJob& job, const RunFolder& folder) {
  std::vector<std::string> out;
  const auto began = whole_model(job.model);
  if (!began) return out;
  std::error_code error;
  for (const auto& file : {folder.file("model.keras").string(), *began})
    if (std::filesystem::exists(file, error)) out.push_back(file);
  return out;
}

Network network_of(const FitJob& job, const RunFolder& folder) {
  const auto files = model_files(job, folder);
  return files.empty() ? job_network(job) : network_of_file(files.front());
}

/// What the run trained with where no flag named it.
Compiled compiled_of_run(const FitJob& job, const RunFolder& folder) {
  for (const auto& file : model_files(job, folder))
    if (const TensorFile tensors = read_model_texts(file); !tensors.compile_config.empty())
      return from_compile_config(tensors.compile_config, file, wishes_of(job, true));
  return {};
}

}  // namespace

LoadedRun open_run(const std::string& run, const std::string& weights, const FitJob& given) {
  const RunFolder folder = RunFolder::open(run, given.runs_root);
  LoadedRun out;
  out.job = job_from_config(folder.file("config.toml").string());
  out.job.device = given.device;
  if (given.threads != 0) out.job.threads = given.threads;
  if (!given.loss.empty()) out.job.loss = given.loss;
  if (given.names_metrics()) {
    out.job.metrics = given.metrics;
    out.job.weighted_metrics = given.weighted_metrics;
  }
  if (!given.memory.empty()) out.job.memory = given.memory;
  if (!given.data_dir.empty()) out.job.data_dir = given.data_dir;
  const std::string file = weights == "best" || weights == "last" ? folder.file(weights + ".weights.h5").string() : weights;
  out.data = load_job_data(out.job.data, out.job);
  Network network = network_of(out.job, folder);
  network.set_weights({});  // the run's own follow: where they once came from need not be there any more
  ModelOptions options = model_options(out.job, out.data.any(), compiled_of_run(out.job, folder));
  if (!out.job.rescale && out.job.preprocess == "none" && network.takes_raw_range()) options.input = {};
  if (!out.job.scale_features.empty())
    options.input = scaled_input(FeatureScaler::parse(folder.read(scaler_file), folder.file(scaler_file).string()), out.data.any());
  if (out.data.any().table != nullptr)
    options.table = std::make_shared<const TableEncoder>(TableEncoder::parse(folder.read(table_file), folder.file(table_file).string()));
  out.model = std::make_unique<Model>(std::move(network), std::move(options));
  out.model->resolve(out.data.any());
  out.model->load_weights(file);
  out.weights_file = file;
  return out;
}

LoadedRun open_model(const std::string& text, const FitJob& given, const Dataset* data, const std::string& weights) {
  check_weights_of_model(weights, text);
  LoadedRun out;
  out.job = given;
  out.job.model = text;
  out.weights_file = weights.empty() ? text : weights;
  Network network = job_network(out.job);
  if (!weights.empty())
    network.set_weights({});  // its own need not be there
  else if (network.weights().empty() || network.weights() == "none")
    throw Error({.category = Category::usage,
                 .where = text,
                 .what = "this network has no weights",
                 .expected = "a run, a model file, weights=... in the network's text, or --weights FILE"});
  Compiled own;
  if (const auto file = whole_model(text)) {
    const TensorFile tensors = read_model_texts(*file);
    if (!tensors.compile_config.empty()) own = from_compile_config(tensors.compile_config, *file, wishes_of(given, data == nullptr));
    out.messages = own.left_out;
    for (auto& warning : precision_warnings(tensors, precision_of(given.precision))) out.messages.push_back(std::move(warning));
  }
  const bool chosen = given.rescale || given.preprocess != "none", raw = network.takes_raw_range();
  Dataset bytes;  // images and byte arrays are what preprocessing is for
  bytes.x = Array({1}, DType::u8);
  ModelOptions options = model_options(out.job, data != nullptr ? *data : bytes, own);
  if (!chosen && (data == nullptr || raw)) options.input = {};
  if (const auto scaler = scaler_beside(text)) options.input = data != nullptr ? scaled_input(*scaler, *data) : scaler->transform();
  out.model = std::make_unique<Model>(std::move(network), std::move(options));
  return out;
}

}  // namespace lehr
