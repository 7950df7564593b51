// A job's data: how it is read, and which rows train, validate and test.
#include <algorithm>

#include "engine/data/data_catalogue.h"
#include "engine/data/load.h"
#include "engine/spec/parse.h"
#include "engine/spec/size.h"
#include "tune/fit_job.h"
#include "tune/format.h"

namespace lehr {

namespace {

/// `64x48` (height x width) or `64`.
ImageSize image_size_from(const std::string& text) {
  const Size2 size = SpecConvert<Size2>::from(parse_spec(text, "--image-size"));
  if (std::min(size.height, size.width) < 1 || std::max(size.height, size.width) > 16384)
    throw Error({.category = Category::usage,
                 .where = "--image-size",
                 .what = "an image has at least one pixel",
                 .expected = "HEIGHTxWIDTH, 1 to 16384 each",
                 .got = text});
  return {.height = static_cast<int>(size.height), .width = static_cast<int>(size.width)};
}

/// `2GB`, `500MB`, `64kB`, or bytes; powers of 1000.
std::size_t bytes_from(const std::string& text) {
  const auto end = text.find_first_not_of("0123456789.");
  const std::string unit = end == std::string::npos ? "B" : text.substr(end);
  double factor = 0;
  for (const auto& [name, value] : {std::pair{"B", 1.0}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}})
    if (unit == name) factor = value;
  if (factor == 0 || end == 0)
    throw Error({.category = Category::usage,
                 .where = "--memory",
                 .what = "cannot read the size",
                 .expected = "a number with kB, MB or GB, as 2GB",
                 .got = text});
  return static_cast<std::size_t>(spec_number(parse_spec(text.substr(0, end), "--memory")) * factor);
}

}  // namespace

LoadOptions job_load_options(const FitJob& job, const FitJobHooks& hooks, std::size_t held) {
  LoadOptions options{.data_dir = job.data_dir, .resize = resize_from(job.resize), .threads = job.threads};
  if (!job.image_size.empty()) options.image_size = image_size_from(job.image_size);
  if (!job.color.empty()) options.color = color_mode_from(job.color);
  const std::size_t limit = job.memory.empty() ? memory_limit() / 2 : bytes_from(job.memory);
  options.memory = limit > held ? limit - held : 1;
  if (!job.exclude.empty()) options.exclude = std::make_shared<Exclusion>(Exclusion::read(job.exclude));
  options.progress = [loading = hooks.loading, interrupted = hooks.interrupted](std::int64_t done, std::int64_t total) {
    if (interrupted && interrupted())
      throw Error({.category = Category::interrupted, .where = "reading the data", .what = "stopped; nothing was begun"});
    if (loading) loading(done, total);
  };
  return options;
}

DataSplits load_job_data(const std::string& spec, const FitJob& job, const FitJobHooks& hooks, std::size_t held) {
  return load_data(parse_data_spec(spec, "--data"), job_load_options(job, hooks, held));
}

namespace {

std::size_t resident_bytes(const std::optional<Dataset>& data) { return data ? data->x.bytes() + data->y.bytes() : 0; }
std::string excluded_text(const Exclusion& list) {
  std::string out = count_text(list.met()) + " samples left out";
  const auto unmet = list.unmet();
  if (unmet.empty()) return out;
  out += "; no sample is named " + unmet[0];
  return unmet.size() == 1 ? out : out + ", nor " + count_text(static_cast<std::int64_t>(unmet.size()) - 1) + " more of the list";
}

std::size_t resident_bytes(const Dataset& data) { return data.x.bytes() + data.y.bytes(); }

}  // namespace

JobParts job_parts(const FitJob& job, DataSplits data, const FitJobHooks& hooks) {
  JobParts out;
  if (!data.train)
    throw Error({.category = Category::data,
                 .where = job.data,
                 .what = "there is no training part",
                 .expected = "Train/",
                 .hint = "Give a set with a Train part."});
  if (data.left_out) out.messages.push_back("--exclude " + job.exclude + ": " + excluded_text(*data.left_out));
  out.train = *std::move(data.train);
  out.validation = std::move(data.validation);
  out.test = std::move(data.test);
  const auto held = [&] { return resident_bytes(out.train) + resident_bytes(out.validation) + resident_bytes(out.test); };
  if (!job.validation.empty() && job.validation_split)
    throw Error({.category = Category::usage,
                 .where = "--validation-split",
                 .what = "--validation and --validation-split exclude each other",
                 .expected = "one of them"});
  if (!job.validation.empty()) {
    out.validation = load_job_data(job.validation, job, hooks, held()).any();
  } else if (job.validation_split) {
    const auto mode = split_mode_from(job.split);
    auto [train, rest] = split(out.train, *job.validation_split, mode, job.split_seed);
    out.messages.push_back("validation: " +
                           std::string(mode == SplitMode::last     ? "the last "
                                       : mode == SplitMode::random ? "a random "
                                                                   : "a stratified random ") +
                           count_text(rest.size()) + " of " + count_text(train.size() + rest.size()) + " rows" +
                           (mode == SplitMode::last ? ", taken before shuffling" : ""));
    out.train = std::move(train);
    out.validation = std::move(rest);
  }
  if (!job.evaluate_on.empty()) out.test = load_job_data(job.evaluate_on, job, hooks, held()).any();
  return out;
}

}  // namespace lehr
