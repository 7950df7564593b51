// lehr evaluate: loss and metrics of a run's weights.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/json.h"
#include "tune/baselines/baseline_score.h"
#include "tune/format.h"

namespace lehr {

namespace {

struct EvaluateFlags {
  FitJob job;
  std::string run, data, weights = {};
};

Evaluation evaluate(LoadedRun& loaded, const Dataset& data) { return loaded.model->evaluate(data, loaded.job.batch_size); }

JsonValue object_of(const Evaluation& e) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, value] : e.values) out[name] = value;
  return out;
}

std::string line_of(const Evaluation& e) {
  std::string out;
  for (const auto& [name, value] : e.values) out += " " + name + " " + metric_text(value);
  return out;
}

LoadedRun open_model_on(EvaluateFlags& flags) {
  if (flags.data.empty())
    throw Error(
        {.category = Category::usage, .where = "--data", .what = "a model without a run has no data of its own", .expected = "a data set"});
  flags.job.data = flags.data;
  DataSplits data = load_job_data(flags.data, flags.job);
  LoadedRun loaded = open_model(flags.run, flags.job, &data.any(), flags.weights);
  loaded.model->resolve(data.any());
  if (!flags.weights.empty()) loaded.model->load_weights(flags.weights);
  loaded.data = std::move(data);
  return loaded;
}

/// A baseline has no weights to be given: it learns from the training part and is asked about the test part.
void run_baseline(Console& console, EvaluateFlags& flags, const Baseline& baseline) {
  if (!flags.weights.empty())
    throw Error(
        {.category = Category::usage, .where = "--weights " + flags.weights, .what = "a baseline has no weights", .got = flags.run});
  if (flags.data.empty())
    throw Error({.category = Category::usage, .where = "--data", .what = "a baseline learns from data", .expected = "a data set"});
  flags.job.data = flags.data;
  const JobParts parts = job_parts(flags.job, load_job_data(flags.data, flags.job));
  if (!parts.test && !parts.validation)
    throw Error({.category = Category::usage,
                 .where = flags.data,
                 .what = "has only rows to learn from",
                 .expected = "a set with a test part",
                 .hint = "lehr cross-validate --model '" + flags.run + "' --data " + flags.data + " --folds 5 judges by folds."});
  const Dataset& asked = parts.test ? *parts.test : *parts.validation;
  const BaselineScore scored = score_baseline(baseline, flags.job, parts.train, asked);
  if (console.json)
    console.out << object_of(scored.evaluation).text(2) << '\n';
  else
    console.out << asked.name << " (" << count_text(asked.size()) << " samples)\n"
                << flags.run << ':' << line_of(scored.evaluation) << '\n';
}

void evaluate_command(Console& console, EvaluateFlags& flags) {
  if (const auto baseline = baseline_from(flags.run)) return run_baseline(console, flags, *baseline);
  const bool model = names_model(flags.run);
  const std::string folder = model ? std::string() : run_path(flags.run);
  if (!model) refuse_preprocessing(flags.job);
  if (!model && flags.weights.empty()) flags.weights = "last";
  LoadedRun loaded = model ? open_model_on(flags) : open_run(folder, flags.weights, flags.job);
  for (const auto& message : loaded.messages) console.err << "lehr: " << message << '\n';
  if (!model && !flags.data.empty()) {
    loaded.data = {};  // only one set at a time in memory
    loaded.data = load_job_data(flags.data, loaded.job);
  }
  const DataSplits& splits = loaded.data;
  const Dataset data = loaded.model->features_of(splits.test ? *splits.test : splits.any());
  check_dataset(data);
  const Evaluation chosen = evaluate(loaded, data);
  JsonValue json = object_of(chosen);
  if (!console.json)
    console.out << data.name << " (" << count_text(data.size()) << " samples)\n"
                << (flags.weights.empty() ? flags.run : flags.weights) << ':' << line_of(chosen) << '\n';
  if (!model && flags.weights == "last" && std::filesystem::exists(folder + "/best.weights.h5")) {
    loaded.model->load_weights(folder + "/best.weights.h5");
    const Evaluation best = evaluate(loaded, data);
    json["best"] = object_of(best);
    json["last"] = object_of(chosen);
    if (!console.json) console.out << "best:" << line_of(best) << '\n';
  }
  if (console.json) {
    console.out << json.text(2) << '\n';
  } else if (!chosen.predicted.empty() && data.labels() != LabelKind::values) {
    console.out << report_table(
        class_report(confusion_matrix(data.label_ids(), chosen.predicted, loaded.model->network().output().elements()), data.class_names),
        20);
  }
}

}  // namespace

void add_evaluate(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("evaluate", "loss and metrics of a run on data");
  auto flags = std::make_shared<EvaluateFlags>();
  command
      ->add_option("run", flags->run,
                   "folder of a run, its name under runs/, a model file (x.keras), or a baseline: knn(5), logistic_regression")
      ->required();
  command->add_option("--data", flags->data, "default: the run's own Test part");
  command->add_option("--batch-size", flags->job.batch_size, "of a model; a run has its own")->capture_default_str();
  command->add_option("--preprocess", flags->job.preprocess, "of a model's images: none or vgg16")->capture_default_str();
  command->add_option("--rescale", flags->job.rescale, "of a model's images: a factor; 1/255 for uint8 data");
  command->add_option("--image-size", flags->job.image_size, "HEIGHTxWIDTH, for a model");
  command->add_option("--memory", flags->job.memory, "stream data sets larger than this");
  repeatable(command->add_option("--metrics", flags->job.metrics,
                                 "accuracy, precision, recall, specificity, f1_score(average=weighted), auc, ...; lehr help metrics"));
  repeatable(command->add_option("--weighted-metrics", flags->job.weighted_metrics, "metrics that count a row by its sample weight"));
  command->add_option("--loss", flags->job.loss, "default: a compiled model's own, else by the labels");
  command->add_option("--weights", flags->weights, weights_help);
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { evaluate_command(console, *flags); });
}

}  // namespace lehr
