#include "apps/fit_flags.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tune/baselines/baseline.h"
#include "weights/model_file.h"

namespace lehr {

CLI::Option* repeatable(CLI::Option* option) { return option->expected(1)->take_all()->allow_extra_args(false); }

void add_fit_flags(CLI::App& c, FitJob& job) {
  c.add_option("--model", job.model, "network: layers joined by |, a named one, or model.keras");
  c.add_option("--data", job.data, "fashion_mnist, digits, faces(...), a folder, a zip, arrays(x.npy, y.npy), ...");
  c.add_option("--validation", job.validation, "data to validate on");
  c.add_option("--validation-split", job.validation_split, "share of the training rows to validate on");
  c.add_option("--validation-freq", job.validation_freq, "epochs from one validation to the next")->capture_default_str();
  c.add_option("--split", job.split, "which rows: last (as Keras), random or stratified")->capture_default_str();
  c.add_option("--split-seed", job.split_seed, "of random splits")->capture_default_str();
  c.add_option("--optimizer", job.optimizer, "adam, sgd(momentum=0.9), ...; default: a compiled model's own, else adam");
  c.add_option("--learning-rate", job.learning_rate, "a number or a schedule; wins over the optimizer's own");
  c.add_option("--loss", job.loss, "default: by the labels");
  repeatable(c.add_option("--metrics", job.metrics,
                          "accuracy (the default for classes), recall,f1_score(average=weighted),auc, ...; lehr help metrics"));
  repeatable(c.add_option("--weighted-metrics", job.weighted_metrics, "metrics that count a row by its sample weight, or its class's"));
  c.add_option("--epochs", job.epochs)->capture_default_str();
  c.add_option("--batch-size", job.batch_size)->capture_default_str();
  c.add_flag("--shuffle,!--no-shuffle", job.shuffle, "a new order every epoch");
  repeatable(c.add_option("--callback", job.callbacks, "early_stopping(patience=5), ...; repeatable"));
  c.add_option("--augment", job.augment, "random_flip(horizontal) | random_rotation(0.1)");
  c.add_option("--image-size", job.image_size, "HEIGHTxWIDTH");
  c.add_option("--resize", job.resize, "nearest or bilinear")->capture_default_str();
  c.add_option("--color", job.color, "rgb or gray");
  c.add_option("--rescale", job.rescale, "factor of the inputs; 1/255 for uint8 data");
  c.add_option("--preprocess", job.preprocess, "none or vgg16")->capture_default_str();
  c.add_option("--scale-features", job.scale_features, "standard, minmax or robust, learned from the training part alone");
  c.add_option("--initial-weights", job.initial_weights, "weights to start from: .weights.h5, .h5, .keras, .npz, .safetensors");
  c.add_option("--freeze", job.freeze, "layers that do not train: block[1-4]*, base (a model inside), base/conv*");
  c.add_option("--class-weight", job.class_weight, "auto, or id:weight,...");
  c.add_option("--memory", job.memory, "stream data sets larger than this");
  c.add_option("--exclude", job.exclude, "a list of samples to leave out, as lehr data suspects writes it");
  c.add_option("--evaluate-on", job.evaluate_on, "data to evaluate on at the end");
  c.add_flag("--overwrite", job.overwrite, "replace the run in --run");
}

void keep_given_flags(CLI::App& command, const FitJob& given, FitJob& job) {
  const auto was_given = [&](const char* flag) { return command.get_option(flag)->count() > 0; };
  const auto keep = [&](const char* flag, auto member) {
    if (was_given(flag)) job.*member = given.*member;
  };
  keep("--model", &FitJob::model);
  keep("--data", &FitJob::data);
  keep("--validation", &FitJob::validation);
  keep("--validation-split", &FitJob::validation_split);
  keep("--validation-freq", &FitJob::validation_freq);
  keep("--split", &FitJob::split);
  keep("--split-seed", &FitJob::split_seed);
  keep("--optimizer", &FitJob::optimizer);
  keep("--learning-rate", &FitJob::learning_rate);
  keep("--loss", &FitJob::loss);
  keep("--metrics", &FitJob::metrics);
  keep("--weighted-metrics", &FitJob::weighted_metrics);
  keep("--epochs", &FitJob::epochs);
  keep("--batch-size", &FitJob::batch_size);
  keep("--shuffle", &FitJob::shuffle);
  keep("--callback", &FitJob::callbacks);
  keep("--augment", &FitJob::augment);
  keep("--image-size", &FitJob::image_size);
  keep("--resize", &FitJob::resize);
  keep("--color", &FitJob::color);
  keep("--rescale", &FitJob::rescale);
  keep("--preprocess", &FitJob::preprocess);
  keep("--scale-features", &FitJob::scale_features);
  keep("--initial-weights", &FitJob::initial_weights);
  keep("--freeze", &FitJob::freeze);
  keep("--class-weight", &FitJob::class_weight);
  keep("--memory", &FitJob::memory);
  keep("--exclude", &FitJob::exclude);
  keep("--evaluate-on", &FitJob::evaluate_on);
  keep("--device", &FitJob::device);
  keep("--precision", &FitJob::precision);
  keep("--conv", &FitJob::conv);
  keep("--autotune", &FitJob::autotune);
  keep("--fast", &FitJob::fast);
  keep("--data-dir", &FitJob::data_dir);
  keep("--threads", &FitJob::threads);
  keep("--seed", &FitJob::seed);
  keep("--run", &FitJob::run);
  keep("--overwrite", &FitJob::overwrite);
}

void check_job(const FitJob& job) {
  const auto positive = [](std::int64_t value, const char* flag) {
    if (value < 1)
      throw Error(
          {.category = Category::usage, .where = flag, .what = "must be positive", .expected = "1 or more", .got = std::to_string(value)});
  };
  positive(job.epochs, "--epochs");
  positive(job.batch_size, "--batch-size");
}

std::string run_path(const std::string& run) { return std::filesystem::is_directory(run) ? run : "runs/" + run; }

void refuse_preprocessing(const FitJob& job) {
  const char* flag = job.rescale                ? "--rescale"
                     : job.preprocess != "none" ? "--preprocess"
                     : !job.image_size.empty()  ? "--image-size"
                                                : nullptr;
  if (flag != nullptr)
    throw Error(
        {.category = Category::usage, .where = flag, .what = "a run has its own preprocessing", .expected = "a model file or a network"});
}

bool names_model(const std::string& run) {
  if (std::filesystem::is_directory(run)) return false;
  return is_model_file(run) || baseline_from(run) || run.find_first_of("(|") != std::string::npos;
}

}  // namespace lehr
