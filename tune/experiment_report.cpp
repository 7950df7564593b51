#include "tune/experiment_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "engine/spec/parse.h"
#include "layers/network.h"
#include "tune/experiment_search.h"
#include "tune/format.h"
#include "tune/job_inputs.h"

namespace lehr {

namespace {

constexpr std::size_t page_width = 100;

/// Breaks at spaces; lines after the first begin with `indent` spaces, and `first` columns of the first are taken.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t first) {
  std::string out;
  std::size_t column = first;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::size_t length = end - begin;
    if (column > indent && column + 1 + length > page_width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (begin > 0) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, length);
    column += length;
    begin = end + 1;
  }
  return out + '\n';
}

std::string entry(const std::string& name, const std::string& text, std::size_t indent = 2, std::size_t column = 14) {
  const std::string head = std::string(indent, ' ') + name;
  return head + std::string(std::max<std::size_t>(1, column - std::min(column, head.size())), ' ') + wrapped(text, column, column);
}

std::string shape_text(const Shape& shape) {
  std::string out;
  for (const auto extent : shape.extents()) out += (out.empty() ? "" : "x") + std::to_string(extent);
  return out;
}

/// The layers with weights: `block1_conv1 64x64x16, …, dense 256`.
std::string layers_text(const BuiltNetwork& network) {
  std::string out;
  for (const auto& layer : network.layers())
    if (!layer.weights.empty()) out += (out.empty() ? "" : ", ") + layer.name + " " + shape_text(layer.output);
  return out;
}

/// An estimate's two figures: 9 s, 52 s, 14 min, 1.5 h.
std::string about_text(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", std::max(1.0, seconds));
  return seconds < 6000 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

std::string epochs_text(std::int64_t epochs) { return fmt::format("{} epoch{}", epochs, epochs == 1 ? "" : "s"); }

/// The rate that is trained with: of a warm-up the one that it leads to, which is the optimizer's.
double learning_rate_of(FitJob job) {
  if (job.learning_rate.starts_with("warmup(")) job.learning_rate.clear();
  return job_optimizer(job).learning_rate().first();
}

/// How many times the lecture's rate this is.
double rate_factor(const Experiment& e, const FitJob& job) {
  if (e.lecture.learning_rate == 0) return 1;
  return std::round(1e6 * learning_rate_of(job) / e.lecture.learning_rate) / 1e6;
}

std::string settings_text(const FitJob& job, const std::string& rate) {
  const std::string optimizer = job.optimizer.substr(0, job.optimizer.find('('));
  return fmt::format("{}, learning rate {}, {}, batches of {}", optimizer, rate, epochs_text(job.epochs), job.batch_size);
}
std::string settings_text(const FitJob& job) { return settings_text(job, repr(learning_rate_of(job))); }

std::string lecture_settings(const LectureRun& l) {
  if (l.learning_rate == 0) return "settings not printed";
  return fmt::format("Adam, learning rate {}, {}", repr(l.learning_rate), epochs_text(l.epochs));
}
std::string lecture_result(const LectureRun& l) {
  std::string out;
  if (!std::isnan(l.val_accuracy)) out = percent_text(l.val_accuracy, 2) + " validation accuracy with " + l.found;
  if (!std::isnan(l.test_accuracy))
    out += (out.empty() ? "" : ", ") + percent_text(l.test_accuracy, 2) + " test accuracy" + (l.time.empty() ? "" : " in " + l.time);
  return out.empty() ? "no result printed" : out;
}

JsonValue lecture_json(const LectureRun& l) {
  JsonValue out = JsonValue::object({{"test_accuracy", l.test_accuracy},
                                     {"time", l.time.empty() ? JsonValue(nullptr) : JsonValue(l.time)},
                                     {"learning_rate", l.learning_rate == 0 ? JsonValue() : JsonValue(l.learning_rate)},
                                     {"epochs", l.epochs == 0 ? JsonValue() : JsonValue(l.epochs)}});
  if (!std::isnan(l.val_accuracy)) out["val_accuracy"] = l.val_accuracy;
  if (!l.found.empty()) out["found"] = l.found;
  return out;
}

std::string scale_text(const Experiment& e, Scale scale) {
  const ExperimentPlan plan = plan_of(e, {.scale = scale});
  const BuiltNetwork network(network_from_text(plan.job.model), plan.input);
  std::string out = "\n--scale " + std::string(name_of(scale)) + (scale == Scale::laptop ? " (the default)" : "") + "\n";
  out += entry("data", fmt::format("{}: {} samples to train on, {}, {} classes; --data names another set", plan.job.data,
                                   count_text(plan.samples), shape_text(plan.input), plan.classes));
  out += entry("network", plan.job.model);
  out += entry("", fmt::format("{} parameters: {}", count_text(network.parameter_count()), layers_text(network)));
  const double times = rate_factor(e, plan.job);
  if (plan.finder)
    out += entry("range test",
                 fmt::format("{} steps at rates from {} to {}", plan.finder->steps, repr(plan.finder->from), repr(plan.finder->to)));
  const std::string from = times == 1 || plan.finder
                               ? std::string()
                               : fmt::format(" (the lecture's rate times {:g}: this network starts from random weights)", times);
  out += entry("training", plan.finder ? settings_text(plan.job, "at the test's valley") : settings_text(plan.job) + from);
  if (plan.search) out += entry("search", search_text(plan));
  const std::string source = network_from_text(plan.job.model).weights();
  if (plan.base)
    out += entry("weights", fmt::format("of a base that is trained first and kept in {}: {} on {}, {}", plan.base->run, plan.base->model,
                                        plan.base->data, settings_text(*plan.base)));
  else if (!source.empty() && source != "none")
    out += entry("weights", source + "; lehr weights fetch vgg16 gets the file");
  if (plan.before)
    out += entry("before", fmt::format("{}{}", settings_text(*plan.before),
                                       plan.before->freeze.empty() ? "" : ", layers " + plan.before->freeze + " frozen"));
  if (!plan.job.freeze.empty()) out += entry("frozen", plan.job.freeze);
  out += entry("time", "about " + about_text(expected_seconds(plan)) + " on two AVX-512 cores");
  return out;
}

/// The verdict that most seeds got; of equals the first.
const ExperimentRun* typical(const std::vector<ExperimentRun>& runs) {
  const ExperimentRun* out = nullptr;
  std::int64_t most = 0;
  for (const auto& r : runs) {
    const auto same = std::count_if(runs.begin(), runs.end(), [&](const auto& other) { return other.verdict.kind == r.verdict.kind; });
    if (same > most) {
      most = same;
      out = &r;
    }
  }
  return out;
}

/// What the verdict means for the next run.
std::string meaning(const ExperimentRun& run) {
  switch (run.verdict.kind) {
    case VerdictKind::still_improving:
      return "The validation loss was still falling when the epochs were over: more epochs would raise the accuracy further.";
    case VerdictKind::plateau_reached:
      return "More epochs at this rate bring nothing. What can: a lower rate from here on, augmentation, a larger network, more data.";
    case VerdictKind::too_slow:
      return "The loss falls at a steady pace and the end is far: the rate is too small for this number of epochs.";
    case VerdictKind::overfitting:
      return "The network learns its training images by heart. Early stopping would have kept the best epoch; dropout, augmentation and "
             "more "
             "data move that epoch back.";
    case VerdictKind::unstable:
      return "Some steps went so far that what had been learned was lost again.";
    case VerdictKind::collapsed:
      return run.why.empty() ? "Every image gets the same class." : run.why;
  }
  return {};
}

/// `61.03 % ± 0.44`: the error in points, where there are several seeds.
std::string mean_text(const MeanError& x, const char* none) {
  if (std::isnan(x.mean)) return none;
  return percent_text(x.mean, 2) + (std::isnan(x.error) ? "" : fmt::format(" ± {:.2f}", 100 * x.error));
}

std::string epoch_text(const std::vector<ExperimentRun>& runs, std::int64_t ExperimentRun::* value, std::int64_t add) {
  const auto [low, high] = std::minmax_element(runs.begin(), runs.end(), [&](const auto& a, const auto& b) { return a.*value < b.*value; });
  return *low.*value == *high.*value ? std::to_string((*low).*value + add)
                                     : fmt::format("{}-{}", (*low).*value + add, (*high).*value + add);
}

/// Of the job, or those that the seeds' range tests found.
std::string rates_text(const FitJob& job, const std::vector<ExperimentRun>& runs) {
  if (!runs.front().found_rate) return repr(learning_rate_of(job));
  const auto [low, high] = std::ranges::minmax_element(runs, {}, &ExperimentRun::found_rate);
  return low->found_rate == high->found_rate ? repr(*low->found_rate) : repr(*low->found_rate) + "-" + repr(*high->found_rate);
}

/// The lecture's value | ours, mean and standard error over the seeds | the best epoch's beside the last one's | time.
std::string comparison(const Experiment& e, const ExperimentReport& r) {
  const FitJob& job = r.searches.empty() ? r.plan.job : r.searches.front().trained;
  const auto row = [](const std::string& who, const std::string& rate, const std::string& epochs, const std::string& result,
                      const std::string& best, const std::string& time, const std::string& what) {
    return fmt::format("  {:<8} {:>13} {:>7} {:>16} {:>27} {:>11}   {}\n", who, rate, epochs, result, best, time, what);
  };
  const BuiltNetwork network(network_from_text(job.model), r.plan.input);
  const std::string source = network.network().weights();
  const bool printed = e.lecture.learning_rate != 0;
  std::string out = row("", "learning rate", "epochs", "test accuracy", "of the best epoch", "time", "network and data");
  out += row("lecture", printed ? repr(e.lecture.learning_rate) : "", printed ? std::to_string(e.lecture.epochs) : "",
             std::isnan(e.lecture.test_accuracy) ? "not printed" : percent_text(e.lecture.test_accuracy, 2), printed ? "not evaluated" : "",
             e.lecture.time, e.lecture.setting);
  const MeanError best = mean_error(r.runs, &ExperimentRun::best_test_accuracy);
  out +=
      row("here", rates_text(job, r.runs), epoch_text(r.runs, &ExperimentRun::epochs, 0),
          mean_text(mean_error(r.runs, &ExperimentRun::test_accuracy), "no test set"),
          std::isnan(best.mean) ? "" : fmt::format("{} (epoch {})", mean_text(best, ""), epoch_text(r.runs, &ExperimentRun::best_epoch, 1)),
          duration_text(mean_error(r.runs, &ExperimentRun::seconds).mean),
          fmt::format("{} weights, {}, {}, {}", count_text(network.parameter_count()), source.empty() ? "random at the start" : source,
                      shape_text(r.plan.input), job.data));
  if (r.plan.before)
    out += row("before", repr(learning_rate_of(*r.plan.before)), std::to_string(r.plan.before->epochs),
               mean_text(mean_error(r.runs, &ExperimentRun::before_test_accuracy), "no test set"), "", "",
               "layers " + r.plan.before->freeze + " frozen; then layers " + job.freeze);
  if (r.runs.size() > 1) {
    out += fmt::format("  mean and standard error of {} seeds:", r.runs.size());
    for (const auto& x : r.runs) out += " " + percent_text(x.test_accuracy, 2);
    out += "\n";
  }
  if (r.runs.front().largest_class_share > 0)
    out += "  always naming the largest class of this test set: " + percent_text(r.runs.front().largest_class_share, 2) + "\n";
  return out;
}

/// The range tests' suggestions and where their charts lie.
std::string found_rates_text(const FindLrReport& rates) {
  std::string out;
  std::istringstream lines(suggestions_text(rates));
  for (std::string line; std::getline(lines, line);) out += "  " + line + "\n";
  for (const auto& picture : rates.pictures) out += "  " + picture + "\n";
  return out;
}

std::string killed_text(const KilledRun& k) {
  if (!k.killed) return "the second process was through before it could be killed.";
  const std::string went_on = fmt::format(
      "a second process did the same and was killed (SIGKILL) in the middle of epoch {}; gone on with to "
      "epoch {}, ",
      k.after_epochs + 1, k.epochs);
  return went_on + (k.holds() ? "it has every number of the undisturbed run, bit for bit."
                              : fmt::format("only {} of its {} epochs have the numbers of the undisturbed run.", k.equal_epochs, k.epochs));
}

}  // namespace

std::string experiment_facts(const Experiment& e) {
  std::string out = e.name + " (section " + e.section + ")\n" + wrapped(e.question, 0, 0) + "\n";
  out += entry("the lecture", lecture_settings(e.lecture) + ": " + lecture_result(e.lecture), 0);
  out += entry("", e.lecture.setting, 0);
  out += entry("the lesson", e.lesson, 0);
  for (const auto& v : e.variants) out += entry("variant", "--variant " + v, 0);
  for (const auto scale : {Scale::lecture, Scale::laptop, Scale::smoke}) out += scale_text(e, scale);
  return out + "\nrun it: lehr experiment run " + e.name + "\n";
}

JsonValue experiment_facts_json(const Experiment& e) {
  JsonValue scales = JsonValue::object();
  for (const auto scale : {Scale::lecture, Scale::laptop, Scale::smoke}) {
    const ExperimentPlan plan = plan_of(e, {.scale = scale});
    const BuiltNetwork network(network_from_text(plan.job.model), plan.input);
    scales[std::string(name_of(scale))] = JsonValue::object({{"model", plan.job.model},
                                                             {"parameters", network.parameter_count()},
                                                             {"data", plan.job.data},
                                                             {"input", plan.input.extents()},
                                                             {"samples", plan.samples},
                                                             {"classes", plan.classes},
                                                             {"optimizer", plan.job.optimizer},
                                                             {"learning_rate", learning_rate_of(plan.job)},
                                                             {"epochs", plan.job.epochs},
                                                             {"batch_size", plan.job.batch_size},
                                                             {"expected_seconds", expected_seconds(plan)}});
  }
  return JsonValue::object({{"experiment", e.name},
                            {"section", e.section},
                            {"question", e.question},
                            {"lesson", e.lesson},
                            {"lecture", lecture_json(e.lecture)},
                            {"variants", e.variants},
                            {"scales", scales}});
}

JsonValue experiment_json(const Experiment& e, const ExperimentReport& r) {
  JsonValue runs = JsonValue::array();
  for (const auto& x : r.runs) {
    JsonValue run = JsonValue::object({{"run", x.run},
                                       {"seed", static_cast<std::int64_t>(x.seed)},
                                       {"epochs", x.epochs},
                                       {"best_epoch", x.best_epoch},
                                       {"val_accuracy", x.val_accuracy},
                                       {"test_accuracy", x.test_accuracy},
                                       {"test_loss", x.test_loss},
                                       {"seconds", x.seconds},
                                       {"best_test_accuracy", x.best_test_accuracy},
                                       {"best_test_loss", x.best_test_loss}});
    if (x.found_rate) run["learning_rate"] = *x.found_rate;
    if (x.killed)
      run["killed"] = JsonValue::object({{"run", x.killed->run},
                                         {"killed", x.killed->killed},
                                         {"after_epochs", x.killed->after_epochs},
                                         {"epochs", x.killed->epochs},
                                         {"equal_epochs", x.killed->equal_epochs}});
    if (!x.before.empty()) {
      run["before"] = x.before;
      run["before_test_accuracy"] = x.before_test_accuracy;
    }
    runs.push_back(std::move(run));
  }
  JsonValue mean = JsonValue::object(), error = JsonValue::object();
  for (const auto& [name, value] : {std::pair{"val_accuracy", &ExperimentRun::val_accuracy},
                                    {"test_accuracy", &ExperimentRun::test_accuracy},
                                    {"test_loss", &ExperimentRun::test_loss},
                                    {"best_test_accuracy", &ExperimentRun::best_test_accuracy},
                                    {"best_test_loss", &ExperimentRun::best_test_loss},
                                    {"seconds", &ExperimentRun::seconds}}) {
    const MeanError over = mean_error(r.runs, value);
    mean[name] = over.mean;
    error[name] = over.error;
  }
  const ExperimentRun* run = typical(r.runs);
  JsonValue searches = JsonValue::array();
  for (const auto& x : r.searches) searches.push_back(search_result_json(x));
  JsonValue out = JsonValue::object({{"experiment", r.experiment},
                                     {"scale", std::string(name_of(r.scale))},
                                     {"lecture", lecture_json(e.lecture)},
                                     {"runs", runs},
                                     {"mean", mean},
                                     {"stderr", error},
                                     {"verdict", run == nullptr ? std::string() : run->verdict.words}});
  if (!r.searches.empty()) out["searches"] = searches;
  if (r.rates) {
    out["suggestions"] = suggestions_json(r.rates->bands);
    out["pictures"] = r.rates->pictures;
  }
  return out;
}

std::string experiment_text(const Experiment& e, const ExperimentReport& r, std::span<const ExperimentReport> others) {
  if (r.runs.empty()) return {};
  const ExperimentRun& run = *typical(r.runs);
  if (!r.descents.empty())
    return fmt::format("\n{}: {}\n", e.name, e.question) + descent_text(r.descents) + "  picture: " + r.picture + "\n" +
           entry("lesson", e.lesson, 2, 12);
  std::string out = fmt::format("\n{} at {} scale: {}\n", e.name, name_of(r.scale), e.question) + comparison(e, r);
  if (r.rates) out += found_rates_text(*r.rates);
  for (const auto& search : r.searches) out += search_result_text(e, r.plan, search);
  const auto agree = std::count_if(r.runs.begin(), r.runs.end(), [&](const auto& x) { return x.verdict.kind == run.verdict.kind; });
  out += entry("verdict", (r.runs.size() > 1 ? fmt::format("{} of {} seeds: ", agree, r.runs.size()) : std::string()) + run.verdict.text(),
               2, 12);
  out += entry("", meaning(run), 2, 12);
  if (const double times = rate_factor(e, r.plan.job); times != 1 && !r.plan.finder)
    out += entry("scale",
                 fmt::format("this network starts from random weights, so its rate is the lecture's times {:g}; what the rate does "
                             "can be compared, the accuracies themselves cannot.",
                             times),
                 2, 12);
  for (const auto& x : r.runs)
    if (x.killed) out += entry(r.runs.size() > 1 ? fmt::format("seed {}", x.seed) : "killed", killed_text(*x.killed), 2, 12);
  if (e.traps != nullptr)
    for (const auto& trap : e.traps(e, r, others)) out += entry("trap", trap, 2, 12);
  return out + entry("lesson", e.lesson, 2, 12);
}

}  // namespace lehr
