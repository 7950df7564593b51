// A fit job as flags, for config.toml, and back; and the small values that flags hold.
#include <algorithm>
#include <concepts>
#include <filesystem>
#include <limits>

#include "engine/config.h"
#include "engine/number_text.h"
#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "tune/fit_job.h"

namespace lehr {

namespace {

/// One list serves both directions: f(flag, member).
template <class Job, class F>
void job_fields(Job& job, F&& f) {
  f("model", job.model);
  f("data", job.data);
  f("validation", job.validation);
  f("validation-split", job.validation_split);
  f("validation-freq", job.validation_freq);
  f("split", job.split);
  f("split-seed", job.split_seed);
  f("optimizer", job.optimizer);
  f("learning-rate", job.learning_rate);
  f("loss", job.loss);
  f("metrics", job.metrics);
  f("weighted-metrics", job.weighted_metrics);
  f("epochs", job.epochs);
  f("batch-size", job.batch_size);
  f("shuffle", job.shuffle);
  f("callback", job.callbacks);
  f("augment", job.augment);
  f("image-size", job.image_size);
  f("resize", job.resize);
  f("color", job.color);
  f("rescale", job.rescale);
  f("preprocess", job.preprocess);
  f("scale-features", job.scale_features);
  f("initial-weights", job.initial_weights);
  f("freeze", job.freeze);
  f("class-weight", job.class_weight);
  f("memory", job.memory);
  f("exclude", job.exclude);
  f("evaluate-on", job.evaluate_on);
  f("device", job.device);
  f("precision", job.precision);
  f("conv", job.conv);
  f("autotune", job.autotune);
  f("fast", job.fast);
  f("data-dir", job.data_dir);
  f("threads", job.threads);
  f("seed", job.seed);
}

std::vector<std::string> text_of(const std::string& v) { return v.empty() ? std::vector<std::string>{} : std::vector{v}; }
std::vector<std::string> text_of(const std::vector<std::string>& v) { return v; }
std::vector<std::string> text_of(bool v) { return {v ? "true" : "false"}; }
std::vector<std::string> text_of(const std::optional<double>& v) { return v ? std::vector{number_text(*v)} : std::vector<std::string>{}; }
template <std::integral T>
std::vector<std::string> text_of(T v) {
  return {std::to_string(v)};
}

void read(const std::vector<std::string>& v, std::string& out) { out = v.at(0); }
void read(const std::vector<std::string>& v, std::vector<std::string>& out) { out = v; }
void read(const std::vector<std::string>& v, bool& out) { out = spec_boolean(parse_spec(v.at(0), "config")); }
void read(const std::vector<std::string>& v, std::optional<double>& out) { out = spec_number(parse_spec(v.at(0), "config")); }
template <std::integral T>
void read(const std::vector<std::string>& v, T& out) {
  out = static_cast<T>(spec_integer(parse_spec(v.at(0), "config"), 0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

std::vector<std::pair<std::string, std::vector<std::string>>> job_settings(const FitJob& job) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  job_fields(job, [&](const char* flag, const auto& member) {
    auto values = text_of(member);
    if (!values.empty()) out.emplace_back(flag, std::move(values));
  });
  return out;
}

FitJob job_from_settings(const std::vector<std::pair<std::string, std::vector<std::string>>>& settings, const std::string& where) {
  FitJob job;
  std::vector<std::string> known;
  job_fields(job, [&](const char* flag, auto& member) {
    known.emplace_back(flag);
    for (const auto& [name, values] : settings)
      if (name == flag && !values.empty()) read(values, member);
  });
  for (const auto& [name, values] : settings)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error({.category = Category::usage,
                   .where = where,
                   .what = "there is no setting \"" + name + "\"",
                   .expected = "a flag of lehr fit",
                   .got = name,
                   .hint = did_you_mean(nearest(name, known))});
  return job;
}

FitJob job_from_config(const std::string& file) {
  const Config config = Config::read(file);
  std::vector<std::pair<std::string, std::vector<std::string>>> settings;
  for (const auto& entry : config.entries()) settings.emplace_back(entry.name, entry.values);
  FitJob job = job_from_settings(settings, file);
  // A run keeps the list that it was trained without: the one it was given may be another by now, or gone.
  const auto kept = std::filesystem::path(file).parent_path() / exclusion_file;
  std::error_code error;
  if (!job.exclude.empty() && std::filesystem::exists(kept, error)) job.exclude = kept.string();
  return job;
}

}  // namespace lehr
