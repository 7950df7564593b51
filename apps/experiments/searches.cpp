// 16.5, 16.1 and 16.6: networks that are chosen by searching. Which search finds what, what the number it ends with is worth, and which values
// matter at all.
#include <fmt/format.h>

#include "apps/experiments/experiments.h"
#include "tune/study/auto_space.h"

namespace lehr {

namespace {

/// The lecture's network on Fashion-MNIST; at smoke scale on 8x8 digits, two epochs.
ExperimentPlan fashion(const ExperimentChoice& choice, ExperimentSearch search, std::int64_t epochs = 10) {
  const bool smoke = choice.scale == Scale::smoke;
  FitJob job{.model = fmt::format("flatten | dense({}, relu) | dense({}, softmax)", smoke ? 32 : 320, choice.classes.value_or(10)),
             .data = smoke ? "digits" : "fashion_mnist",
             .validation_split = 0.2,
             .optimizer = "adam(1e-3)",
             .metrics = {"accuracy"},
             .epochs = smoke ? 2 : epochs,
             .batch_size = smoke ? 64 : 32};
  search.tune.objectives = {"val_accuracy"};
  for (auto& s : search.tune.settings)
    if (s.flag == "model") s.values = {fmt::format(fmt::runtime(s.values.front()), choice.classes.value_or(10))};
  if (smoke)
    return {
        .job = std::move(job), .input = {8, 8, 1}, .samples = 1150, .classes = 10, .samples_per_s = 20'000, .search = std::move(search)};
  return {
      .job = std::move(job), .input = {28, 28, 1}, .samples = 48'000, .classes = 10, .samples_per_s = 70'000, .search = std::move(search)};
}

/// units 32..512 by 32, rate 1e-2, 1e-3 or 1e-4: 48 points. At smoke scale 2 x 2.
std::vector<Setting> lecture_space(const ExperimentChoice& choice) {
  const bool smoke = choice.scale == Scale::smoke;
  const std::string units = smoke ? "units:int(16, 32, step=16)" : "units:int(32, 512, step=32)";
  return {
      {.flag = "model", .values = {"flatten | dense(" + units + ", relu) | dense({}, softmax)"}},
      {.flag = "optimizer", .values = {smoke ? "adam(learning_rate:choice(1e-2, 1e-3))" : "adam(learning_rate:choice(1e-2, 1e-3, 1e-4))"}}};
}

ExperimentPlan hyperband_with(const ExperimentChoice& choice, ExperimentSearch search) {
  search.tune.settings = lecture_space(choice);
  search.tune.oracle = choice.scale == Scale::smoke ? "hyperband(3, 3)" : "hyperband(10, 3)";
  ExperimentPlan plan = fashion(choice, std::move(search));
  plan.job.callbacks = {"early_stopping(monitor=val_loss, patience=5)"};
  return plan;
}

ExperimentPlan hyperband(const Experiment&, const ExperimentChoice& choice) { return hyperband_with(choice, {}); }

ExperimentPlan finalize(const Experiment&, const ExperimentChoice& choice) {
  const bool smoke = choice.scale == Scale::smoke;
  return hyperband_with(choice, {.retrain_epochs = smoke ? 3 : 50, .finalize = smoke ? 2 : 3});
}

/// As many epochs as Hyperband's 120: twelve trials of ten.
ExperimentPlan sampled(const ExperimentChoice& choice, const char* oracle) {
  return fashion(choice, {.tune = {.settings = lecture_space(choice), .oracle = oracle, .trials = choice.scale == Scale::smoke ? 3 : 12}});
}
ExperimentPlan random(const Experiment&, const ExperimentChoice& choice) { return sampled(choice, "random(trials=12)"); }
ExperimentPlan bayesian(const Experiment&, const ExperimentChoice& choice) { return sampled(choice, "bayesian"); }

ExperimentPlan grid(const Experiment&, const ExperimentChoice& choice) {
  return fashion(choice, {.tune = {.settings = lecture_space(choice), .oracle = "grid"}});
}

ExperimentPlan cross_validation(const Experiment&, const ExperimentChoice& choice) {
  return fashion(choice, {.cross_validation = choice.scale == Scale::smoke ? 3 : 5});
}

/// Rate, units, dropout, activation, batch size and rule at once.
ExperimentPlan importance(const Experiment&, const ExperimentChoice& choice) {
  const bool smoke = choice.scale == Scale::smoke;
  const std::vector<Setting> space{
      {.flag = "model",
       .values =
           {"flatten | dense(units:int(32, 256, step=32), activation=activation:choice(relu, tanh)) | dropout(dropout:float(0, 0.5)) | "
            "dense({}, softmax)"}},
      {.flag = "optimizer",
       .values =
           {"rule:choice(adam(learning_rate:float(1e-5, 1e-1, sampling=log)), rmsprop(learning_rate:float(1e-5, 1e-1, sampling=log)))"}},
      {.flag = "batch-size", .values = {"batch_size:choice(64, 128, 256)"}}};
  return fashion(choice, {.tune = {.settings = space, .oracle = smoke ? "random(trials=6)" : "random(trials=40)"}, .importance = true}, 3);
}

ExperimentPlan preprocessing(const Experiment&, const ExperimentChoice& choice) {
  const bool smoke = choice.scale == Scale::smoke;
  const std::vector<Setting> space{{.flag = "rescale", .values = {"rescale:choice(0.00392156862745098, 1.0)"}},
                                   {.flag = "optimizer", .values = {"rule:choice(adam(1e-3), sgd(1e-2))"}}};
  return fashion(choice, {.tune = {.settings = space, .oracle = "grid", .executions_per_trial = smoke ? 1 : 3}, .importance = true}, 5);
}

ExperimentPlan default_or_tuned(const Experiment&, const ExperimentChoice& choice) {
  const bool smoke = choice.scale == Scale::smoke;
  const std::vector<Setting> space{
      {.flag = "model",
       .values = {"flatten | dense(units:int(64, 512, step=64), relu) | dropout(dropout:float(0, 0.5)) | dense({}, softmax)"}},
      {.flag = "optimizer", .values = {"adam(learning_rate:float(1e-4, 1e-2, sampling=log))"}},
      {.flag = "batch-size", .values = {"batch_size:choice(32, 64, 128)"}}};
  return fashion(choice, {.tune = {.settings = space, .oracle = "tpe", .trials = smoke ? 3 : 20}, .defaults = true});
}

/// One to three convolutional blocks, each with filters and kernel of its own, and the size of what follows.
ExperimentPlan architecture(const Experiment&, const ExperimentChoice& choice) {
  const std::string begin =
      "repeat(blocks:int(1, 3), conv2d(filters:choice(8, 16, 32), kernel:choice(3, 5), padding=same, activation=relu) | max_pooling2d)"
      " | flatten | dense(units:choice(32, 64, 128), relu) | ";
  const std::string typical = "conv2d(16, 3, padding=same, activation=relu) | max_pooling2d | flatten | dense(64, relu) | ";
  ExperimentPlan plan;
  std::int64_t classes = 10, trials = 30;
  switch (choice.scale) {
    case Scale::lecture:
      plan = {.job = {.data = "cifar10", .epochs = 10, .batch_size = 128}, .input = {32, 32, 3}, .samples = 40'000, .samples_per_s = 4'000};
      break;
    case Scale::laptop:
      classes = 20;
      plan = {.job = {.data = "faces(people=20, per_person=16, size=32)", .epochs = 15},
              .input = {32, 32, 3},
              .samples = 192,
              .samples_per_s = 2'000};
      plan.job.image_size = "32x32";
      break;
    default:
      classes = 6;
      trials = 4;
      plan = {.job = {.data = "faces(people=6, per_person=10, size=24)", .epochs = 2},
              .input = {24, 24, 3},
              .samples = 37,
              .samples_per_s = 500};
      plan.job.image_size = "24x24";
  }
  plan.classes = classes = choice.classes.value_or(classes);
  const std::string end = fmt::format("dense({}, softmax)", classes);
  plan.job.model = typical + end;
  plan.job.optimizer = "adam(1e-3)";
  if (choice.scale == Scale::lecture) plan.job.validation_split = 0.2;
  plan.search = {
      .tune = {.settings = {{.flag = "model", .values = {begin + end}}},
               .objectives = {"val_accuracy"},
               .oracle = choice.scale == Scale::smoke ? "evolution(population=2, sample=2)" : "evolution(population=10, sample=3)",
               .trials = trials}};
  return plan;
}

/// The space that `lehr auto` chooses for the data, and its search, with a number of points instead of a time.
ExperimentPlan auto_plan(const Experiment&, const ExperimentChoice& choice) {
  const bool lecture = choice.scale == Scale::lecture, smoke = choice.scale == Scale::smoke;
  ExperimentPlan plan{.job = {.model = "flatten | dense(64, relu) | dense({}, softmax)",
                              .data = lecture ? "fashion_mnist" : "digits",
                              .validation_split = 0.2,
                              .split = "stratified",
                              .optimizer = "adam(1e-3)",
                              .metrics = {"accuracy"},
                              .epochs = lecture ? 27 : 30},
                      .input = lecture ? Shape{28, 28, 1} : Shape{8, 8, 1},
                      .samples = lecture ? 48'000 : 1150,
                      .classes = choice.classes.value_or(10),
                      .samples_per_s = lecture ? 5'000.0 : 8'000.0};
  plan.job.model = fmt::format(fmt::runtime(plan.job.model), plan.classes);
  const AutoSpace space = auto_space({.sample = plan.input, .rows = plan.samples, .outputs = plan.classes, .bytes = true});
  plan.search = {.tune = {.settings = space.settings,
                          .objectives = {space.objective},
                          .oracle = smoke     ? "asha(max_epochs=2, factor=2, trials=4)"
                                    : lecture ? "asha(max_epochs=27, factor=3, trials=27)"
                                              : "asha(max_epochs=27, factor=3, trials=54)"}};
  return plan;
}

constexpr const char* fashion_setting = "784-units-10 on Fashion-MNIST, 20 % held out; units 32 to 512 by 32, rate 1e-2, 1e-3 or 1e-4";

Experiment one(const char* name, const char* section, const char* question, const char* lesson,
               ExperimentPlan (*plan)(const Experiment&, const ExperimentChoice&), const char* setting = fashion_setting) {
  return {.name = name, .section = section, .question = question, .lesson = lesson, .lecture = {.setting = setting}, .plan = plan};
}

/// What the lecture printed of its Hyperband(10, 3).
Experiment with_search_result(Experiment e) {
  e.lecture.val_accuracy = 0.8916;
  e.lecture.found = "units 320, learning rate 0.001";
  return e;
}

Experiment with_test_result(Experiment e) {
  e.lecture.learning_rate = 1e-3;
  e.lecture.epochs = 50;
  e.lecture.test_accuracy = 0.8830;
  return e;
}

constexpr const char* own = "the question is the lecture's; it printed no numbers for it";

}  // namespace

std::vector<Experiment> searches() {
  return {
      one("16.1-hyperparameter-importance", "16.1",
          "Which value decides most: the learning rate, units, dropout, the activation, the batch size or the rule?",
          "Read the shares: where one value holds most of the variance, search that one first and finely and leave the others at their "
          "defaults. Shares are of this space: a range that holds no bad value makes its value look unimportant.",
          importance, own),
      one("16.1-preprocessing", "16.1", "What does it bring to scale pixels to [0, 1]?",
          "Pixels of 0 to 255 make the first layer's gradients 255 times as large. Adam divides by their size, plain SGD does not: compare "
          "the two rows of each rule. The scale of the inputs and the learning rate are one question.",
          preprocessing, own),
      one("16.1-default-or-tuned", "16.1", "How much does tuning bring over sensible defaults?",
          "Compare the test accuracies, not the search's own best value, which is the largest of many and therefore too high. If the gain "
          "is "
          "smaller than the difference between two seeds, the defaults were good.",
          default_or_tuned, own),
      one("16.5-grid", "16.5", "What does trying all 48 points bring?",
          "A grid is complete and costs every point its full training: 480 epochs where Hyperband takes 120. Each further value multiplies "
          "it.",
          grid),
      one("16.5-random", "16.5", "What do twelve points drawn at random find, for Hyperband's 120 epochs?",
          "Random points try a new value of the important parameter with every trial, a grid only with every row. It is the search to "
          "beat.",
          random),
      with_search_result(
          one("16.5-hyperband", "16.5", "What does Hyperband(10, 3) find in 30 trials and 120 epochs?",
              "The search's epochs are Hyperband's own: the lecture's epochs=50 is not used, no trial is longer than 10. Patience 5 can "
              "act only "
              "in trials that train 6 epochs or more in one go; early stopping ends nothing in the rounds of 2 and 4 epochs. "
              "Of each round a third goes on (factor 3), not \"the top-performing half\"; and the step of 32 units only says which values "
              "there are, of which Hyperband draws: that is no grid search.",
              hyperband)),
      one("16.5-bayesian", "16.5", "What do twelve points proposed by a Gaussian process find, for Hyperband's 120 epochs?",
          "The model pays where trials are dear and few values matter. With one trial after the other it cannot use many machines as well "
          "as "
          "random search can.",
          bayesian),
      one("16.5-cross-validation", "16.5", "How far do five folds of one network differ?",
          "The spread between folds is what a single split hides. Differences between two networks that are smaller than the standard "
          "error "
          "are not differences.",
          cross_validation, own),
      with_test_result(with_search_result(one(
          "16.5-finalize", "16.5", "What is the best trial worth on data that no search has seen?",
          "Three numbers that are often mixed up: the best trial's value (the largest of 30, too high), its mean over seeds on the same "
          "split, and the test accuracy. The lecture's retraining takes 50 epochs and the last weights, five times as long as any trial "
          "was judged by; the finalized ones take the best epoch and all rows.",
          finalize))),
      one("16.6-auto", "16.6", "How far does one come without choosing anything: neither network nor rate nor batch size?",
          "Two thirds of the points are dropped after a single epoch, so that a wide space costs little more than a narrow one. What is "
          "found "
          "is seldom better than what somebody who knows the data would have tried first, and it needed nobody who does. The network's "
          "kind, "
          "its depth and the rate were all values like any other.",
          auto_plan, own),
      one("16.6-architecture-search", "16.6", "Which stack of convolutions does evolution choose?",
          "The number of blocks and each block's filters and kernel are values like any other. Evolution changes one at a time of the best "
          "of a few, and drops the oldest, so that a lucky trial does not stay for ever.",
          architecture, own)};
}

}  // namespace lehr
