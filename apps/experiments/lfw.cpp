#include "apps/experiments/lfw.h"

#include <fmt/format.h>

#include <cmath>

namespace lehr {

/// Ten times a power of ten, and no 9.999999999999999e-06.
double lfw_rate(double lecture_rate, Scale scale) {
  return scale == Scale::lecture ? lecture_rate : std::pow(10.0, std::round(std::log10(lecture_rate)) + 1);
}

ExperimentPlan lfw_plan(const ExperimentChoice& choice) {
  const auto job = [](const char* data, const char* image_size, std::string model) {
    return FitJob{.model = std::move(model), .data = data, .optimizer = "adam", .batch_size = 32, .image_size = image_size};
  };
  const auto classes = [&](std::int64_t own) { return choice.classes.value_or(own); };
  switch (choice.scale) {
    case Scale::lecture:
      return {.job = job("faces(people=62, per_person=82, size=100)", "100x100",
                         fmt::format("lecture_vgg16(classes={}, weights=imagenet)", classes(62))),
              .input = {100, 100, 3},
              .samples = 3'050,
              .classes = 62,
              .samples_per_s = 10};
    case Scale::laptop:
      return {.job = job("faces(people=20, per_person=30, size=64)", "64x64",
                         fmt::format("vgg11(width=4) | global_average_pooling2d | dense(256, relu) | dropout(0.25) | dense({}, softmax)",
                                     classes(20))),
              .input = {64, 64, 3},
              .samples = 362,
              .classes = 20,
              .samples_per_s = 140};
    default:
      return {.job = job("faces(people=6, per_person=10, size=24)", "24x24",
                         fmt::format("conv2d(8, 3, padding=same, activation=relu) | max_pooling2d(4) | global_average_pooling2d | "
                                     "dense({}, softmax)",
                                     classes(6))),
              .input = {24, 24, 3},
              .samples = 37,
              .classes = 6,
              .samples_per_s = 400};
  }
}

}  // namespace lehr
