#include "tune/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/spec/convert.h"
#include "tune/format.h"
#include "tune/job_inputs.h"
#include "tune/keras_compile.h"
#include "tune/plot/contact_sheet.h"
#include "tune/plot/svg.h"
#include "tune/report/keras_code.h"

namespace lehr {

namespace {

constexpr std::size_t most_mistakes = 12;

std::string shape_text(const Shape& shape) {
  std::string out;
  for (const auto extent : shape.extents()) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out;
}

DataPartFacts facts_of(const std::string& name, const Dataset& data) {
  DataPartFacts out{.name = name, .samples = data.size()};
  if (data.labels() == LabelKind::none || data.labels() == LabelKind::values || data.size() == 0) return out;
  const ClassShare largest = largest_class(data);
  out.largest_class = data.class_name(largest.id);
  out.largest_share = largest.share;
  return out;
}

std::vector<LayerFacts> layers_of(const BuiltNetwork& network) {
  std::vector<LayerFacts> out;
  for (const auto& layer : network.layers())
    out.push_back({.name = layer.name,
                   .kind = layer.class_name,
                   .output = shape_text(layer.output),
                   .parameters = layer.parameter_count(),
                   .trainable = layer.trainable});
  return out;
}

/// The rows that were mistaken, the most certain first.
struct Mistake {
  std::int64_t row = 0;
  std::int32_t truth = 0, predicted = 0;
  float certainty = 0;
};
std::vector<Mistake> mistakes_of(const Array& outputs, std::span<const std::int32_t> truth) {
  const std::int64_t classes = outputs.shape()[outputs.shape().rank() - 1];
  const auto values = outputs.as<float>();
  std::vector<Mistake> out;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto row = values.subspan(i * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes));
    const auto best = std::max_element(row.begin(), row.end());
    const auto predicted = static_cast<std::int32_t>(best - row.begin());
    if (predicted != truth[i])
      out.push_back({.row = static_cast<std::int64_t>(i), .truth = truth[i], .predicted = predicted, .certainty = *best});
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.certainty > b.certainty; });
  return out;
}

std::string mistakes_picture(const Dataset& data, const Array& outputs, std::span<const std::int32_t> truth) {
  if (!data.is_images() || data.streamed) return {};
  std::vector<Mistake> worst = mistakes_of(outputs, truth);
  if (worst.empty()) return {};
  worst.resize(std::min(worst.size(), most_mistakes));
  std::vector<std::int64_t> rows;
  std::vector<std::string> titles;
  for (const auto& m : worst) {
    rows.push_back(m.row);
    titles.push_back(fmt::format("{}\nnot {}, {:.0f} %", data.class_name(m.truth), data.class_name(m.predicted), 100 * m.certainty));
  }
  return plot::to_svg(plot::contact_sheet(data.x.take(rows), titles, 4));
}

void judge(RunReport& report, Model& model, const Dataset& data, const std::string& part, std::int64_t batch_size) {
  report.judged = part;
  const Evaluation e = model.evaluate(data, batch_size);
  report.evaluation = e.values;
  const std::int64_t outputs = model.network().output().elements();
  if (outputs < 2 || data.labels() == LabelKind::values || data.labels() == LabelKind::none || e.predicted.empty()) return;
  const auto truth = data.label_ids();
  report.confusion = confusion_matrix(truth, e.predicted, outputs);
  report.class_names = data.class_names;
  if (model.network().final_activation() == Activation::softmax)
    report.mistakes = mistakes_picture(data, model.predict(data, batch_size), truth);
}

/// The rates of a schedule that Keras has no class for.
std::vector<double> rates_to_write(const Optimizer& optimizer, const History& history) {
  if (optimizer.learning_rate().constant()) return {};
  const SpecValue text = optimizer.text();
  const SpecValue* schedule = text.keyword("learning_rate");
  if (schedule != nullptr && is_keras_schedule(schedule->class_name)) return {};
  return history.column("learning_rate");
}

JobParts features_of(const JobParts& parts, const Model& model) {
  JobParts out = parts;
  out.train = model.features_of(parts.train);
  for (auto* part : {&out.validation, &out.test})
    if (*part) *part = model.features_of(**part);
  return out;
}

void add_model(RunReport& report, const FitJob& job, Model& model, const JobParts& parts, bool judged) {
  if (parts.train.table != nullptr) return add_model(report, job, model, features_of(parts, model), judged);
  const Dataset& train = parts.train;
  report.input = shape_text(train.sample_shape());
  report.classes = train.classes();
  report.parts.push_back(facts_of("training", train));
  if (parts.validation) report.parts.push_back(facts_of("validation", *parts.validation));
  if (parts.test) report.parts.push_back(facts_of("test", *parts.test));
  report.layers = layers_of(model.network());
  report.device = model.backend().name();
  report.keras = keras_code(job, model, rates_to_write(model.options().optimizer, report.history), !train.sample_weights.empty());
  VerdictEvidence evidence;
  if (train.labels() != LabelKind::values && train.labels() != LabelKind::none) {
    evidence.classes = model.network().output().elements();
    evidence.largest_class_share = largest_class(parts.validation ? *parts.validation : train).share;
    evidence.class_entropy = class_entropy(train);
  }
  if (report.history.epochs() > 0) report.verdict = verdict(report.history, evidence);
  add_model_criteria(report.criteria, model, train, parts.validation ? &*parts.validation : nullptr, job.batch_size);
  if (!judged) return;
  if (parts.test && parts.test->labels() != LabelKind::none)
    judge(report, model, *parts.test, "test", job.batch_size);
  else if (parts.validation)
    judge(report, model, *parts.validation, "validation", job.batch_size);
}

RunReport begin(const RunFolder& folder, const FitJob& job) {
  RunReport out{.name = folder.path().filename().string(), .config = folder.read("config.toml"), .job = job};
  if (std::filesystem::exists(folder.file("history.csv"))) out.history = folder.read_history();
  if (out.history.epochs() > 0) out.verdict = verdict(out.history);
  out.criteria = criteria_of(out.name, out.history);
  out.criteria.data = job.data;
  return out;
}

}  // namespace

RunReport collect_report(const RunFolder& folder, const FitJob& job, Model& model, const JobParts& parts) {
  RunReport out = begin(folder, job);
  add_model(out, job, model, parts, true);
  return out;
}

RunReport collect_report(const std::string& run, const FitJob& given, bool judged) {
  const RunFolder folder = RunFolder::open(run, given.runs_root);
  RunReport out = begin(folder, job_from_config(folder.file("config.toml").string()));
  try {
    LoadedRun loaded = open_run(run, "last", given);
    const std::string source = loaded.data.source;
    const JobParts parts = job_parts(loaded.job, std::move(loaded.data));
    out.source = source;
    add_model(out, loaded.job, *loaded.model, parts, judged);
  } catch (const Error& error) {
    if (error.info().category != Category::data) throw;
    out.missing = error.what();
  }
  return out;
}

}  // namespace lehr
