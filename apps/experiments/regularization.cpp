// 15: what do batch normalization, augmentation and dropout bring? Each is one network trained with it, and by `--variant without` the same network
// without it; nothing else differs.
#include <fmt/format.h>

#include "apps/experiments/experiments.h"

namespace lehr {

namespace {

/// Blocks of 3x3 convolutions and max pooling, 16 filters first and twice as many in each further block.
std::string blocks(int count, int convolutions, bool normalized, int filters = 16) {
  std::string out;
  for (int b = 0; b < count; ++b, filters *= 2) {
    for (int i = 0; i < convolutions; ++i)
      out += normalized ? fmt::format("conv2d({}, 3, padding=same, use_bias=false) | batch_normalization(momentum=0.9) | relu | ", filters)
                        : fmt::format("conv2d({}, 3, padding=same, activation=relu) | ", filters);
    out += "max_pooling2d | ";
  }
  return out;
}

bool with(const ExperimentChoice& choice) { return choice.variant != "without"; }

/// The same question on more and larger data, on faces in minutes, in seconds.
ExperimentPlan scaled(const ExperimentChoice& choice, std::string begin, std::string end, FitJob job, int per_person) {
  const auto model = [&](std::int64_t own) { return begin + fmt::format("{}dense({}, softmax)", end, choice.classes.value_or(own)); };
  job.batch_size = 32;
  switch (choice.scale) {
    case Scale::lecture:
      job.model = model(10);
      job.data = "cifar10";
      job.image_size = "32x32";
      job.batch_size = 128;
      return {.job = std::move(job), .input = {32, 32, 3}, .samples = 50'000, .classes = 10, .samples_per_s = 1'500};
    case Scale::laptop:
      job.model = model(20);
      job.data = fmt::format("faces(people=20, per_person={}, size=32)", per_person);
      job.image_size = "32x32";
      return {.job = std::move(job), .input = {32, 32, 3}, .samples = 12 * per_person, .classes = 20, .samples_per_s = 800};
    default:
      job.model = model(6);
      job.data = "faces(people=6, per_person=10, size=24)";
      job.image_size = "24x24";
      job.epochs = 2;
      return {.job = std::move(job), .input = {24, 24, 3}, .samples = 37, .classes = 6, .samples_per_s = 400};
  }
}

ExperimentPlan batchnorm(const Experiment&, const ExperimentChoice& choice) {
  const int count = choice.scale == Scale::smoke ? 2 : 4;
  return scaled(choice, blocks(count, 2, with(choice)), "global_average_pooling2d | ", {.optimizer = "adam(1e-2)", .epochs = 20}, 30);
}

ExperimentPlan augmentation(const Experiment&, const ExperimentChoice& choice) {
  FitJob job{.optimizer = "adam(1e-3)", .epochs = 60};
  if (with(choice)) job.augment = "random_rotation(0.05) | random_translation(0.1, 0.1) | random_contrast(0.2)";
  return scaled(choice, blocks(3, 1, false), "flatten | dense(128, relu) | ", std::move(job), 16);
}

ExperimentPlan dropout(const Experiment&, const ExperimentChoice& choice) {
  const std::string drop = with(choice) ? "dropout(0.5) | " : "";
  return scaled(choice, blocks(3, 1, false), "flatten | " + drop + "dense(256, relu) | " + drop, {.optimizer = "adam(1e-3)", .epochs = 60},
                16);
}

Experiment one(const char* name, const char* question, const char* lesson,
               ExperimentPlan (*plan)(const Experiment&, const ExperimentChoice&)) {
  return {.name = name,
          .section = "15",
          .question = question,
          .lesson = lesson,
          .lecture = {.setting = "an earlier chapter: its settings are not among what this program has to compare with"},
          .variants = {"without"},
          .plan = plan};
}

}  // namespace

std::vector<Experiment> regularization() {
  return {
      one("15-batchnorm", "What does batch normalization bring to a network of eight convolutions at a high learning rate?",
          "With every activation brought back to mean 0 and deviation 1, the network trains at a rate at which it collapses without. Its "
          "moving averages need time: with Keras's momentum of 0.99 a run of a few hundred steps evaluates with averages that have not "
          "arrived yet, so this one has 0.9.",
          batchnorm),
      one("15-augmentation", "What does it bring to turn, shift and relight a handful of training images at random?",
          "Without it the training loss goes to zero and the validation loss rises: the images are known by heart. With it no image comes "
          "twice, the training loss stays higher and the validation loss ends lower.",
          augmentation),
      one("15-dropout", "What does it bring to leave out half of the activations at random?",
          "A layer that cannot rely on any single input spreads what it learns. It learns more slowly, so give it more epochs, and compare "
          "validation losses: training losses are those of a network with half of itself missing.",
          dropout)};
}

}  // namespace lehr
