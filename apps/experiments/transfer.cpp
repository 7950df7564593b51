// 15: what does a base bring that was trained on something else? Its convolutions stay as they are and only a new head learns (feature extraction);
// then, at a tenth of the rate, the last blocks learn as well (fine-tuning).
//   lecture  VGG-16 with ImageNet's weights
//   laptop   a base that this program trains first, on 40 people who are not among the 20 it is then used for; it stays in runs/15-base-laptop:
//              lehr fit --model 'vgg11(width=4) | global_average_pooling2d | dense(40, softmax)'
//                --data 'faces(people=40, per_person=30, size=64, seed=1)' --optimizer 'adam(1e-3)' --epochs 30 --run runs/15-base-laptop
#include <fmt/format.h>

#include "apps/experiments/experiments.h"

namespace lehr {

namespace {

constexpr const char* head = "global_average_pooling2d | dense(64, relu) | dropout(0.25)";

FitJob base(const char* run, const char* network, int people, const char* data, const char* size, std::int64_t epochs) {
  return {.model = fmt::format("{} | global_average_pooling2d | dense({}, softmax)", network, people),
          .data = data,
          .optimizer = "adam(1e-3)",
          .epochs = epochs,
          .image_size = size,
          .run = run};
}

/// All but the network: the base, and what it is used for.
ExperimentPlan material(const ExperimentChoice& choice) {
  switch (choice.scale) {
    case Scale::lecture:
      return {.job = {.data = "faces(people=62, per_person=82, size=100)", .image_size = "100x100"},
              .input = {100, 100, 3},
              .samples = 3'050,
              .classes = 62,
              .samples_per_s = 25};
    case Scale::laptop:
      return {.job = {.data = "faces(people=20, per_person=12, size=64)", .image_size = "64x64"},
              .base = base("runs/15-base-laptop", "vgg11(width=4)", 40, "faces(people=40, per_person=30, size=64, seed=1)", "64x64", 30),
              .input = {64, 64, 3},
              .samples = 146,
              .classes = 20,
              .samples_per_s = 700};
    default:
      return {.job = {.data = "faces(people=6, per_person=8, size=32)", .image_size = "32x32"},
              .base = base("runs/15-base-smoke", "vgg11(width=16)", 6, "faces(people=6, per_person=8, size=32, seed=1)", "32x32", 1),
              .input = {32, 32, 3},
              .samples = 28,
              .classes = 6,
              .samples_per_s = 400};
  }
}

std::string network(const ExperimentChoice& choice, const ExperimentPlan& plan) {
  const std::int64_t classes = choice.classes.value_or(plan.classes);
  const bool scratch = choice.variant == "scratch";
  if (!plan.base) return fmt::format("lecture_vgg16(classes={}, weights={})", classes, scratch ? "none" : "imagenet");
  const int width = choice.scale == Scale::laptop ? 4 : 16;
  const std::string weights = scratch ? "" : fmt::format(", weights={}/last.weights.h5", plan.base->run);
  return fmt::format("vgg11(width={}{}) | {} | dense({}, softmax)", width, weights, head, classes);
}

ExperimentPlan extraction(const Experiment&, const ExperimentChoice& choice) {
  ExperimentPlan plan = material(choice);
  plan.job.model = network(choice, plan);
  plan.job.optimizer = "adam(1e-3)";
  plan.job.epochs = choice.scale == Scale::smoke ? 2 : 30;
  if (choice.variant == "scratch")
    plan.base.reset();
  else
    plan.job.freeze = "block*";
  return plan;
}

ExperimentPlan fine_tuning(const Experiment& e, const ExperimentChoice& choice) {
  ExperimentPlan plan = extraction(e, choice);
  plan.before = plan.job;
  plan.job.optimizer = "adam(1e-4)";
  plan.job.epochs = choice.scale == Scale::smoke ? 2 : 20;
  plan.job.freeze = choice.scale == Scale::lecture ? "block[1-4]*" : "block[1-3]*";
  return plan;
}

Experiment one(const char* name, const char* question, const char* lesson, std::vector<std::string> variants,
               ExperimentPlan (*plan)(const Experiment&, const ExperimentChoice&)) {
  return {.name = name,
          .section = "15",
          .question = question,
          .lesson = lesson,
          .lecture = {.setting = "an earlier chapter: its settings are not among what this program has to compare with"},
          .variants = std::move(variants),
          .plan = plan};
}

}  // namespace

std::vector<Experiment> transfer() {
  return {
      one("15-transfer-feature-extraction", "How far does a frozen base take a network that sees seven images of a person?",
          "What the base learned on other people serves these as well, and only the head's few weights have to be learned: an epoch takes "
          "a fraction of the time. `--variant scratch` trains all of the same network from random weights on the same images.",
          {"scratch"}, extraction),
      one("15-transfer-fine-tune", "And what does it bring to let the last blocks of the base learn, slowly, once the head has?",
          "Head first: with a head of random weights the first steps would spoil the base. Then a tenth of the rate, and only the last "
          "blocks: the first ones know edges and colours, which are the same everywhere.",
          {}, fine_tuning)};
}

}  // namespace lehr
