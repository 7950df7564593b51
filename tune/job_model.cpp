// A job's flags as a model that is ready to train.
#include <algorithm>

#include "engine/json.h"
#include "engine/spec/parse.h"
#include "layers/augmentation.h"
#include "layers/catalogue.h"
#include "tune/baselines/baseline.h"
#include "tune/fit_job.h"
#include "tune/format.h"
#include "tune/job_inputs.h"
#include "tune/keras_compile.h"
#include "tune/keras_optimizer.h"
#include "tune/metric_list.h"
#include "weights/model_file.h"

namespace lehr {

Network job_network(const FitJob& job) {
  if (baseline_from(job.model))
    throw Error({.category = Category::usage,
                 .where = "--model " + job.model,
                 .what = "is a baseline: it has no layers and no training steps",
                 .expected = "a network",
                 .hint = "lehr evaluate '" + job.model + "' --data SET, lehr cross-validate and lehr tune take it."});
  Network network = network_with_files(job.model);
  if (!job.freeze.empty() && network.freeze(job.freeze) == 0)
    throw Error({.category = Category::usage,
                 .where = "--freeze",
                 .what = "no layer has such a name",
                 .expected = "names or paths of layers, or of models inside, as lehr summary shows them",
                 .got = job.freeze});
  return network;
}

ModelOptions model_options(const FitJob& job, const Dataset& data, const Compiled& own) {
  OpenedDevice device = open_device(job);
  ModelOptions options{.precision = precision_of(job.precision),
                       .seed = job.seed,
                       .backend = std::move(device.backend),
                       .input = input_transform(job, data),
                       .weights_dir = job.data_dir};
  if (!device.note.empty()) options.notes.push_back(device.note);
  options.optimizer = job_optimizer(job, own.optimizer);
  options.loss = own.loss;
  options.metrics = own.metrics;
  options.class_metrics = own.class_metrics;
  if (!job.loss.empty()) options.loss = SpecConvert<Loss>::from(parse_spec(job.loss, "--loss"));
  if (job.names_metrics()) {
    MetricList list = metrics_from_text(job.metrics, job.weighted_metrics);
    options.metrics = std::move(list.metrics);
    options.class_metrics = std::move(list.class_metrics);
  }
  return options;
}

namespace {

/// A model may begin with random_brightness or random_contrast made for 0 to 255; after the default division by 255 that leaves noise.
std::vector<std::string> range_warnings(const Network& network) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < network.size() && network.make(i)->augments(); ++i) {
    const LayerSpec& layer = network.entries()[i].layer;
    const auto* brightness = layer.as<RandomBrightness>();
    const auto* contrast = layer.as<RandomContrast>();
    if ((brightness == nullptr || brightness->value_range[1] <= 1) && (contrast == nullptr || contrast->value_range[1] <= 1)) continue;
    out.push_back(
        "warning: " + std::string(layer.info().name) +
        " expects 0 to 255, but the model's input is divided by 255: give it value_range=[0, 1], or put rescaling(1/255) after it");
  }
  return out;
}

/// The whole network from the file; where it has other layers too, those of the file's names.
std::string load_initial_weights(Model& model, const std::string& file) {
  try {
    return model.load_weights(file);
  } catch (const Error& whole) {
    try {
      return model.load_weights(file, Matching::by_name);
    } catch (const Error&) {
      throw whole;
    }
  }
}

/// What a compiled model says beside its network, for what no flag names.
struct FileCompiled {
  Compiled compiled = {};
  std::optional<OptimizerVariables> state = {};
};
FileCompiled compiled_of(const FitJob& job, std::vector<std::string>& messages) {
  FileCompiled out;
  const auto file = whole_model(job.model);
  if (!file) return out;
  const TensorFile tensors = read_model_texts(*file);
  for (auto& warning : precision_warnings(tensors, precision_of(job.precision))) messages.push_back(std::move(warning));
  if (tensors.compile_config.empty()) return out;
  CompileWishes wishes{.loss = job.loss.empty() ? Wanted::all : Wanted::nothing,
                       .metrics = job.names_metrics() ? Wanted::nothing : Wanted::readable};
  const bool older = tensors.format == WeightFormat::keras_h5 && !tensors.keras_version.starts_with("3.");
  // Keras leaves the optimizer out of a .keras file of a model that it has saved as .h5 before.
  const bool named = !older && compiled_optimizer(JsonValue::parse(tensors.compile_config, *file)) != nullptr;
  if (!named && job.optimizer.empty())
    messages.push_back(*file + (older ? " is of an earlier Keras than 3, whose optimizers were others" : " does not name its optimizer") +
                       ": a fresh Adam");
  const bool own = named && job.optimizer.empty();
  if (!own) wishes.optimizer = Wanted::nothing;
  out.compiled = from_compile_config(tensors.compile_config, *file, wishes);
  for (const auto& line : out.compiled.left_out) messages.push_back(line);
  if (!own) return out;
  out.state = read_tensor_file(*file).optimizer;
  messages.push_back(*file + " is compiled: " + out.compiled.optimizer.text().print());
  return out;
}

/// What became of a table's columns, for people.
std::string table_text(const TableEncoder& encoder, const Table& table, std::int64_t rows) {
  std::string out = std::to_string(table.columns.size()) + " columns are " + std::to_string(encoder.features()) + " features";
  if (table.missing != "drop" && table.missing != "error") out += ", empty cells the " + table.missing;
  if (table.scale != "none") out += ", numbers scaled (" + table.scale + ")";
  return out + ", words " + table.encode + ": by what the training part's " + count_text(rows) + " rows show";
}

void check_freeze(const FitJob& job, const BuiltNetwork& network) {
  if (!job.freeze.empty() && network.trainable_count() == 0)
    throw Error({.category = Category::usage,
                 .where = "--freeze",
                 .what = "everything is frozen: nothing to train",
                 .expected = "layers with weights that still train",
                 .got = job.freeze});
}

/// A compiled model's own state; after --freeze a fresh one where that is of more weights than now train, as compiling anew gives in Keras.
void take_optimizer(const FitJob& job, const OptimizerVariables& state, JobModel& out) {
  const Optimizer& optimizer = out.model->options().optimizer;
  out.own_optimizer = true;
  if (!job.freeze.empty() && !optimizer_fits(state, optimizer, out.model->state())) {
    out.messages.push_back("--freeze leaves other weights to train than the file's optimizer has its state of: a fresh " +
                           std::string(optimizer.info().class_name));
    return;
  }
  restore_optimizer(state, optimizer, out.model->state(), *whole_model(job.model));
  out.messages.push_back("the optimizer goes on after step " + std::to_string(out.model->state().read_counters().step));
}

JobModel make_model(const FitJob& job, const Dataset& train, std::shared_ptr<const TableEncoder> table) {
  JobModel out;
  Network network = job_network(job);
  const FileCompiled file = compiled_of(job, out.messages);
  ModelOptions options = model_options(job, train, file.compiled);
  options.table = std::move(table);
  if (!job.scale_features.empty()) {
    out.scaler = fit_scaler(feature_scaling_of(job), train);
    options.input = scaled_input(*out.scaler, train);
    out.messages.push_back("every feature is scaled (" + job.scale_features + ") by what the training part's " + count_text(train.size()) +
                           " rows show");
  } else if (job.rescale == std::nullopt && job.preprocess == "none" && network.takes_raw_range()) {
    options.input = {};
    out.messages.emplace_back("the model begins with its own rescaling: no division by 255");
  } else if (job.rescale == std::nullopt && job.preprocess == "none" && train.x_dtype() == DType::u8) {
    for (auto& warning : range_warnings(network)) out.messages.push_back(std::move(warning));
  }
  out.model = std::make_unique<Model>(std::move(network), std::move(options));
  check_dataset(train);
  out.model->resolve(train);
  check_freeze(job, out.model->network());
  if (!job.augment.empty()) out.augmentation = network_from_spec(parse_spec(job.augment, "--augment"));
  check_augmentation(out.augmentation, train.sample_shape());
  for (const auto& message : out.model->messages()) out.messages.push_back(message);
  if (!job.initial_weights.empty()) out.messages.push_back(load_initial_weights(*out.model, job.initial_weights));
  const SlotLayout slots = out.model->options().optimizer.slots(out.model->state().tensors());
  out.model->state().set_slots(slots.initial, slots.extra);
  if (file.state) take_optimizer(job, *file.state, out);
  return out;
}

}  // namespace

JobModel make_job_model(const FitJob& job, const Dataset& train) {
  if (train.table == nullptr) return make_model(job, train, nullptr);
  auto table = std::make_shared<const TableEncoder>(fit_table(train));
  JobModel out = make_model(job, table->apply(train), table);
  out.messages.push_back(table_text(*table, *train.table, train.size()));
  return out;
}

}  // namespace lehr
