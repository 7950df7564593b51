// 16.1: which hyper-parameters does this network have, and what does it reach? As printed, its six convolutions are linear: two in a row are
// one convolution, and only pooling and the dense layers bend the function. The variant `relu` puts the missing activation in.
#include <fmt/format.h>

#include "apps/experiments/experiments.h"
#include "tune/format.h"

namespace lehr {

namespace {

ExperimentPlan plan(const Experiment&, const ExperimentChoice& choice) {
  const auto model = [&](std::int64_t classes) {
    return fmt::format("lecture_cnn(activation={}, classes={})", choice.variant == "relu" ? "relu" : "linear",
                       choice.classes.value_or(classes));
  };
  switch (choice.scale) {
    case Scale::lecture:
      return {
          .job = {.model = model(10), .data = "cifar10", .optimizer = "adam(1e-3)", .epochs = 10, .batch_size = 128, .image_size = "32x32"},
          .input = {32, 32, 3},
          .samples = 50'000,
          .classes = 10,
          .samples_per_s = 600};
    case Scale::laptop:
      return {.job = {.model = model(20),
                      .data = "faces(people=20, per_person=30, size=32)",
                      .optimizer = "adam(1e-3)",
                      .epochs = 15,
                      .batch_size = 32,
                      .image_size = "32x32"},
              .input = {32, 32, 3},
              .samples = 360,
              .classes = 20,
              .samples_per_s = 600};
    default:
      return {.job = {.model = model(10), .data = "digits", .optimizer = "adam(1e-3)", .epochs = 1, .batch_size = 128},
              .input = {8, 8, 1},
              .samples = 1'797,
              .classes = 10,
              .samples_per_s = 6'000};
  }
}

/// Counted in the network as it was trained, not in the text.
std::vector<std::string> traps(const Experiment&, const ExperimentReport& report, std::span<const ExperimentReport>) {
  if (report.plan.job.model.find("activation=linear") == std::string::npos) return {};
  const ExperimentRun& run = report.runs.front();
  return {
      fmt::format("none of the six convolutions bends anything, so each pair of them is one convolution of 5x5: it still trains to {}, and "
                  "nothing in the curves says so. --variant relu is the same network with what is missing.",
                  percent_text(run.test_accuracy, 2))};
}

}  // namespace

std::vector<Experiment> cifar_convnet() {
  return {{.name = "16.1-cifar-convnet",
           .section = "16.1",
           .question = "What does the lecture's convolutional network reach, and what do its missing activations cost?",
           .lesson =
               "A network has many hyper-parameters: rate, batch size, epochs, layers, filters, kernel size, padding, units, activation, "
               "dropout, optimizer, initial values. Leaving one out can pass unnoticed: as printed, the convolutions have no activation, "
               "and the network trains all the same. --variant relu puts it in; compare the two.",
           .lecture = {.setting = "6 convolutions, CIFAR-10", .learning_rate = 1e-3, .epochs = 10},
           .variants = {"relu"},
           .plan = plan,
           .traps = traps}};
}

}  // namespace lehr
