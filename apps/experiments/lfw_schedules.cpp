// 16.3.4: what a schedule does to a run. One network and one starting rate; only the way down differs, and whether there is a way up first.
#include <fmt/format.h>

#include "apps/experiments/experiments.h"
#include "apps/experiments/lfw.h"
#include "engine/number_text.h"
#include "tune/traps.h"

namespace lehr {

namespace {

constexpr double lecture_rate = 1e-4;

/// The rate a run starts from stands in the optimizer; the schedule, a variant's warm-up in front of it, is its --learning-rate.
std::string schedule_of(const Experiment& e, const ExperimentChoice& choice) {
  const std::string suffix = e.name.substr(std::string("16.3.4-").size());
  std::string schedule;
  if (suffix == "time-based") schedule = choice.variant == "figure" ? "time_based_decay(0.0001)" : "time_based_decay(1e-6)";
  if (suffix == "step") schedule = choice.variant == "figure" ? "step_decay(0.5, 10)" : "step_decay(0.5, 15)";
  if (suffix == "exponential") schedule = "exponential(0.1)";
  if (suffix == "cosine" || suffix == "warmup") schedule = "cosine(0)";
  if (suffix == "linear") schedule = "linear(0)";
  if (suffix == "polynomial") schedule = "polynomial(0, 2)";
  const double start = lfw_rate(lecture_rate, choice.scale) / 100;
  const bool warm = choice.variant == "warmup" || suffix == "warmup";
  return warm ? fmt::format("warmup(5%, {}, start={})", schedule, number_text(start)) : schedule;
}

ExperimentPlan plan(const Experiment& e, const ExperimentChoice& choice) {
  ExperimentPlan out = lfw_plan(choice);
  out.job.optimizer = fmt::format("adam({})", number_text(lfw_rate(lecture_rate, choice.scale)));
  out.job.learning_rate = schedule_of(e, choice);
  out.job.epochs = choice.scale == Scale::lecture ? e.lecture.epochs : choice.scale == Scale::laptop ? 30 : 2;
  return out;
}

std::vector<std::string> traps(const Experiment& e, const ExperimentReport& report, std::span<const ExperimentReport>) {
  std::vector<std::string> out;
  const History& history = report.runs.front().history;
  if (const auto still = rate_stood_still(history); !still.empty())
    out.push_back(still + " The lecture's figure, 0.01 to 0.0061, is not what its code does with a rate of 1e-4.");
  if (e.name == "16.3.4-step")
    if (const auto steps = epochs_between_drops(history))
      out.push_back(fmt::format("here the rate fell every {} epochs; the lecture's figure shows every 10, its code says 15.", *steps));
  return out;
}

}  // namespace

std::vector<Experiment> lfw_schedules() {
  const auto one = [](const char* suffix, const char* question, const char* lesson, std::vector<std::string> variants,
                      LectureRun lecture = {}) {
    lecture.setting = lfw_setting;
    lecture.learning_rate = lecture_rate;
    if (lecture.epochs == 0) lecture.epochs = 50;
    return Experiment{.name = std::string("16.3.4-") + suffix,
                      .section = "16.3.4",
                      .question = question,
                      .lesson = lesson,
                      .lecture = std::move(lecture),
                      .variants = std::move(variants),
                      .plan = plan,
                      .traps = traps};
  };
  return {
      one("time-based", "What does a rate that falls with the epoch's number bring?",
          "The printed code's decay of 1e-6 leaves the rate within half a per cent of where it began: this run has a constant rate under "
          "another name. The figure's curve, 0.01 to 0.0061, belongs to another decay. Draw a schedule before training with it.",
          {"figure", "warmup"}, {.epochs = 100, .test_accuracy = 0.9485223889350891, .time = "25:26"}),
      one("step", "And one that is halved every 15 epochs?",
          "A rate that drops makes the curves drop with it: look for the steps in the loss. The figure halves every 10 epochs, the code "
          "every 15.",
          {"figure", "warmup"}, {.test_accuracy = 0.9332697987556458, .time = "12:53"}),
      one("exponential", "And one that falls exponentially?",
          "With k = 0.1 a tenth of the rate is left after 23 epochs and less than a hundredth after 46: what is not learned early is not "
          "learned.",
          {"warmup"}, {.test_accuracy = 0.9265967607498169, .time = "12:57"}),
      one("cosine", "And one along half a cosine, to nothing at the end of the run?",
          "A schedule over the whole run needs to know how long that is: with early stopping it never gets to its end.", {"warmup"}),
      one("linear", "And one along a line?",
          "Simple, and seldom worse than a cosine: compare them over several seeds before preferring one.", {"warmup"}),
      one("polynomial", "And one along a polynomial?",
          "The power decides how early the rate falls; with 1 it is the line, with 2 a third of "
          "the run has less than a ninth of the rate.",
          {"warmup"}),
      one("warmup", "What does a rate that rises over the first steps save?",
          "The first steps of Adam are as large as the rate allows, in directions that a handful of batches chose: a few per cent of the "
          "run at a smaller rate cost nothing and keep the start from spoiling what comes after.",
          {})};
}

}  // namespace lehr
