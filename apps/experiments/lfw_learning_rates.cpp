// 16.2: how does the learning rate decide the result? Six runs of one network; only the rate and the number of epochs differ.
#include <fmt/format.h>

#include <algorithm>

#include "apps/experiments/experiments.h"
#include "apps/experiments/lfw.h"
#include "engine/number_text.h"
#include "tune/format.h"
#include "tune/traps.h"

namespace lehr {

namespace {

ExperimentPlan plan(const Experiment& e, const ExperimentChoice& choice) {
  ExperimentPlan out = lfw_plan(choice);
  out.job.learning_rate = number_text(lfw_rate(e.lecture.learning_rate, choice.scale));
  out.job.epochs = choice.scale == Scale::lecture  ? e.lecture.epochs
                   : choice.scale == Scale::laptop ? std::max<std::int64_t>(e.lecture.epochs, 20)
                                                   : 2;
  return out;
}

/// Two rates, one number: a constant answer scores the largest class's share whatever the rate was.
std::vector<std::string> constant_answer(const Experiment&, const ExperimentReport& report, std::span<const ExperimentReport>) {
  const ExperimentRun& run = report.runs.front();
  if (run.verdict.kind != VerdictKind::collapsed) return {};
  return {
      fmt::format("the lecture prints 16.873212158679962 % for 0.001 and for 0.01: 177 of 1,049 images both times, one answer for every "
                  "image and no slow learning. Here one class for all scores {}, and this run has {}.",
                  percent_text(run.largest_class_share, 2), percent_text(run.test_accuracy, 2))};
}

/// "Slightly better than 1e-4", where the lecture's own numbers say the opposite.
std::vector<std::string> not_better(const Experiment&, const ExperimentReport& report, std::span<const ExperimentReport> others) {
  for (const auto& other : others)
    if (other.experiment == "16.2-vgg16-lr-1e-4-epochs-30") {
      const auto small = mean_error(report.runs, &ExperimentRun::test_accuracy),
                 large = mean_error(other.runs, &ExperimentRun::test_accuracy);
      if (!(small.mean < large.mean)) return {};
      return {fmt::format(
          "the lecture calls this rate slightly better than the tenfold one, and prints 93.61 beside 95.42 %; here it is {} beside {}. One "
          "run each, without a seed, cannot tell them apart: --repeat gives standard errors.",
          percent_text(small.mean, 2), percent_text(large.mean, 2))};
    }
  return {};
}

/// Weights that were made for other inputs than these: the lecture's way, which fine-tuning forgives.
std::vector<std::string> other_inputs(const Experiment&, const ExperimentReport& report, std::span<const ExperimentReport>) {
  const FitJob& job = report.plan.job;
  if (job.model.find("imagenet") == std::string::npos || job.preprocess != "none") return {};
  return {
      "the ImageNet weights were trained on BGR images with the mean taken off; these images are RGB divided by 255. Every layer trains, "
      "so it "
      "works all the same: --preprocess vgg16 is what the weights expect."};
}

/// After the last of the six: which of them would have been taken, and by which data.
std::vector<std::string> compared_by_test(const Experiment& e, const ExperimentReport& report, std::span<const ExperimentReport> others) {
  std::vector<Compared> all;
  const auto add = [&](const std::string& name, const ExperimentReport& r) {
    if (name.starts_with("16.2-vgg16-lr-") && !r.runs.empty())
      all.push_back({.name = name,
                     .validation = mean_error(r.runs, &ExperimentRun::val_accuracy).mean,
                     .test = mean_error(r.runs, &ExperimentRun::test_accuracy).mean});
  };
  for (const auto& other : others) add(other.experiment, other);
  add(e.name, report);
  const std::string chosen = chosen_on_test(all);
  if (chosen.empty()) return {};
  return {"the lecture compares its rates by the test set, and whatever is chosen so has no unseen data left to be judged by. Here " +
          chosen + "."};
}

/// The same network and data; the rate comes from a range test around what the scale's networks stand.
ExperimentPlan finder_plan(const Experiment& e, const ExperimentChoice& choice) {
  ExperimentPlan out = plan(e, choice);
  out.finder = RangeTestOptions{.from = 1e-7, .to = 1, .steps = choice.scale == Scale::smoke ? 30 : 100};
  return out;
}

}  // namespace

std::vector<Experiment> lfw_learning_rates() {
  const auto one = [](const char* suffix, double rate, std::int64_t epochs, double accuracy, const char* time, const char* question,
                      const char* lesson, auto traps) {
    return Experiment{.name = std::string("16.2-vgg16-lr-") + suffix,
                      .section = "16.2",
                      .question = question,
                      .lesson = lesson,
                      .lecture = {.setting = lfw_setting, .learning_rate = rate, .epochs = epochs, .test_accuracy = accuracy, .time = time},
                      .plan = plan,
                      .traps = traps};
  };
  return {
      one("1e-4", 1e-4, 10, 0.8179218173027039, "2:57", "Are 10 epochs enough at a rate that works?",
          "The rate fits and the epochs do not: the accuracy still rises and the loss still falls when training ends. Look at the curves "
          "before the number.",
          other_inputs),
      one("1e-4-epochs-30", 1e-4, 30, 0.9542421102523804, "7:49", "Do 30 epochs suffice?",
          "Three times the epochs bring the lecture from 81.79 to 95.42 %. Where the curves go flat, more epochs bring nothing; early "
          "stopping reads that off the validation loss by itself.",
          nullptr),
      one("1e-3", 1e-3, 20, 0.16873212158679962, "5:06", "What does a rate ten times higher do?",
          "Above the good rates there is no slope but an edge: a rate ten times higher does not train faster, it ends with one answer for "
          "every image.",
          constant_answer),
      one("1e-2", 1e-2, 10, 0.16873212158679962, "2:34", "And a hundred times higher?",
          "A collapsed network has an accuracy that looks like a number: that of the largest class. Compare with it, and look at the loss, "
          "which stays at the entropy of the class shares.",
          constant_answer),
      one("1e-5", 1e-5, 50, 0.936129629611969, "13:05", "Does a small rate get there as well?",
          "A tenth of the rate reaches about the same accuracy (93.61 beside 95.42 %) with smoother curves, and takes 50 epochs instead of "
          "30: a small rate is safe and slow.",
          not_better),
      one("1e-6", 1e-6, 50, 0.7121067643165588, "13:00", "Can a rate be too small?",
          "Learning that is too slow looks healthy: smooth curves, no overfitting, and after 50 epochs far from done. The lecture reckons "
          "with 200 to 300 epochs.",
          compared_by_test),
      Experiment{.name = "16.2-lr-finder",
                 .section = "16.2",
                 .question = "Which rate does a range test suggest, and does a run at that rate hold it?",
                 .lesson =
                     "Some hundred steps at growing rates cost less than an epoch or two and tell the decade, not the rate: train at the "
                     "suggestion and at its neighbours before you believe it. The lecture names the tool and warns of it.",
                 .lecture = {.setting = "named at the section's end; its best run is the one at 1e-4 over 30 epochs",
                             .learning_rate = 1e-4,
                             .epochs = 30},
                 .plan = finder_plan}};
}

}  // namespace lehr
