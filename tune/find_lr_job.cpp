#include "tune/find_lr_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/atomic_file.h"
#include "engine/number_text.h"
#include "tune/job_inputs.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

/// By its text: 0.00083 and no 0.0008300000000000001.
double two_digits(double rate) { return std::stod(fmt::format("{:.1e}", rate)); }

RateBand band_of(std::string name, std::vector<double> rates) {
  RateBand out{.name = std::move(name)};
  if (rates.empty()) return out;
  std::sort(rates.begin(), rates.end());
  const std::size_t n = rates.size();
  out.low = rates.front();
  out.high = rates.back();
  out.middle = n % 2 == 1 ? rates[n / 2] : std::sqrt(rates[n / 2 - 1] * rates[n / 2]);
  return out;
}

/// The value that decides between candidates; smaller is better.
double score(const RateCandidate& candidate) {
  for (const char* name : {"val_loss", "loss"})
    for (const auto& [key, value] : candidate.last)
      if (key == name) return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::infinity();
}

void train(RateCandidate& candidate, const FitJob& given, const JobParts& parts, const FitJobHooks& hooks) {
  FitJob job = given;
  job.learning_rate = number_text(candidate.rate);
  const JobModel made = make_job_model(job, parts.train);
  FitOptions options{.epochs = job.epochs,
                     .batch_size = job.batch_size,
                     .validation_data = parts.validation ? &*parts.validation : nullptr,
                     .shuffle = job.shuffle,
                     .augmentation = made.augmentation,
                     .interrupted = hooks.interrupted};
  options.class_weights = class_weights(job.class_weight, parts.train, made.model->network().output().elements());
  const FitResult result = made.model->fit_run(parts.train, options);
  if (result.interrupted) throw Error({.category = Category::interrupted, .where = "find-lr --then fit", .what = "stopped"});
  for (const auto& name : result.history.names)
    if (name != "learning_rate" && name != "seconds" && name != "val_classes")
      candidate.last.emplace_back(name, result.history.at(name, result.history.epochs() - 1));
}

RateTrace trace_of(const FitJob& job, const Dataset& train, RangeTestOptions test) {
  const JobModel made = make_job_model(job, train);
  test.batch_size = job.batch_size;
  test.augmentation = made.augmentation;
  test.class_weights = class_weights(job.class_weight, train, made.model->network().output().elements());
  return range_test(*made.model, train, test);
}

void say(const FitJobHooks& hooks, const std::string& line) {
  if (hooks.renderer != nullptr) hooks.renderer->on_message(line);
}

}  // namespace

std::vector<RateBand> bands_of(const std::vector<RateTrace>& traces, std::int64_t steps) {
  std::vector<RateBand> out;
  for (std::size_t i = 0; i < std::size(suggestion_names); ++i) {
    std::vector<double> rates;
    for (const auto& trace : traces)
      if (const auto rate = in_order(suggest_rates(trace, steps))[i]) rates.push_back(*rate);
    out.push_back(band_of(std::string(suggestion_names[i]), std::move(rates)));
  }
  return out;
}

std::vector<RateCandidate> candidates_of(const std::vector<RateBand>& bands) {
  std::vector<RateCandidate> out;
  for (const auto& band : bands)
    if (band.middle) out.push_back({.name = band.name, .rate = two_digits(*band.middle)});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.rate < b.rate; });
  std::vector<RateCandidate> apart;
  for (auto& candidate : out) {
    if (!apart.empty() && candidate.rate < 1.25 * apart.back().rate)
      apart.back().name += " = " + candidate.name;
    else
      apart.push_back(std::move(candidate));
  }
  return apart;
}

FindLrReport test_rates(const FindLrJob& job, const Dataset& train, const FitJobHooks& hooks) {
  FindLrReport out;
  RangeTestOptions test = job.test;
  test.interrupted = hooks.interrupted;
  for (std::int64_t k = 0; k < job.repeat; ++k) {
    FitJob seeded = job.job;
    seeded.seed += static_cast<std::uint64_t>(k);
    out.seeds.push_back(seeded.seed);
    out.traces.push_back(trace_of(seeded, train, test));
    say(hooks, "range test, seed " + std::to_string(seeded.seed) + ": " + std::to_string(out.traces.back().rates.size()) + " steps" +
                   (out.traces.back().diverged ? ", ended where the loss diverged" : ""));
  }
  out.bands = bands_of(out.traces, job.test.steps);
  out.candidates = candidates_of(out.bands);
  return out;
}

void write_find_lr(FindLrReport& report, RateGrowth growth, const std::filesystem::path& folder) {
  const auto svg = folder / "lr_finder.svg", png = folder / "lr_finder.png";
  plot::write_figure(find_lr_figure(report, growth == RateGrowth::exponential), svg, png);
  report.pictures = {svg.string(), png.string()};
  write_file_atomically(folder / "lr_finder.json", find_lr_json(report).text(1) + "\n");
}

FindLrReport find_lr(const FindLrJob& job, const FitJobHooks& hooks) {
  const auto begin = std::chrono::steady_clock::now();
  const JobParts parts = job_parts(job.job, hooks.data != nullptr ? *hooks.data : load_job_data(job.job.data, job.job, hooks), hooks);
  FindLrReport out = test_rates(job, parts.train, hooks);
  if (job.then_fit) {
    for (auto& candidate : out.candidates) {
      say(hooks, "training " + std::to_string(job.job.epochs) + " epochs at " + number_text(candidate.rate));
      train(candidate, job.job, parts, hooks);
    }
    const auto best =
        std::min_element(out.candidates.begin(), out.candidates.end(), [](const auto& a, const auto& b) { return score(a) < score(b); });
    if (best != out.candidates.end() && std::isfinite(score(*best))) out.take = best->rate;
  }
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const RunFolder folder =
      job.job.run.empty() ? RunFolder::create(job.job.runs_root, "find-lr", today()) : RunFolder::create_at(job.job.run, job.job.overwrite);
  write_find_lr(out, job.test.growth, folder.path());
  return out;
}

}  // namespace lehr
