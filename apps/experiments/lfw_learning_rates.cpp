// 16.2: how does the learning rate decide the result? Six runs of one network; only the rate and the number of epochs differ.
//   lecture  VGG-16 with ImageNet weights, 100x100, batch 32, Adam
//   laptop   a VGG-11 shape at quarter width, 64x64, from random weights: good rates lie ten times higher than for a pretrained base
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/experiments/experiments.h"
#include "engine/number_text.h"

namespace lehr {

namespace {

/// Ten times a power of ten, and no 9.999999999999999e-06.
double times_ten(double rate) { return std::pow(10.0, std::round(std::log10(rate)) + 1); }

ExperimentPlan plan(const Experiment& e, const ExperimentChoice& choice) {
  const auto job = [&](double rate, std::int64_t epochs, const char* data, const char* image_size, std::string model) {
    return FitJob{.model = std::move(model),
                  .data = data,
                  .optimizer = "adam",
                  .learning_rate = number_text(rate),
                  .epochs = epochs,
                  .batch_size = 32,
                  .image_size = image_size};
  };
  const auto classes = [&](std::int64_t own) { return choice.classes.value_or(own); };
  const double rate = e.lecture.learning_rate;
  switch (choice.scale) {
    case Scale::lecture:
      return {.job = job(rate, e.lecture.epochs, "faces(people=62, per_person=82, size=100)", "100x100",
                         fmt::format("lecture_vgg16(classes={}, weights=imagenet)", classes(62))),
              .input = {100, 100, 3},
              .samples = 3'050,
              .classes = 62,
              .samples_per_s = 10};
    case Scale::laptop:
      return {.job = job(times_ten(rate), std::max<std::int64_t>(e.lecture.epochs, 20), "faces(people=20, per_person=30, size=64)", "64x64",
                         fmt::format("vgg11(width=4) | global_average_pooling2d | dense(256, relu) | dropout(0.25) | dense({}, softmax)",
                                     classes(20))),
              .input = {64, 64, 3},
              .samples = 362,
              .classes = 20,
              .samples_per_s = 140};
    default:
      return {.job = job(times_ten(rate), 2, "faces(people=6, per_person=10, size=24)", "24x24",
                         fmt::format("conv2d(8, 3, padding=same, activation=relu) | max_pooling2d(4) | global_average_pooling2d | "
                                     "dense({}, softmax)",
                                     classes(6))),
              .input = {24, 24, 3},
              .samples = 37,
              .classes = 6,
              .samples_per_s = 400};
  }
}

}  // namespace

std::vector<Experiment> lfw_learning_rates() {
  const auto one = [](const char* suffix, double rate, std::int64_t epochs, double accuracy, const char* time, const char* question,
                      const char* lesson) {
    return Experiment{.name = std::string("16.2-vgg16-lr-") + suffix,
                      .section = "16.2",
                      .question = question,
                      .lesson = lesson,
                      .lecture = {.setting = "VGG-16 with ImageNet weights, 100x100x3, 5,113 faces of 62 people",
                                  .learning_rate = rate,
                                  .epochs = epochs,
                                  .test_accuracy = accuracy,
                                  .time = time},
                      .plan = plan};
  };
  return {
      one("1e-4", 1e-4, 10, 0.8179218173027039, "2:57", "Are 10 epochs enough at a rate that works?",
          "The rate fits and the epochs do not: the accuracy still rises and the loss still falls when training ends. Look at the curves "
          "before the number."),
      one("1e-4-epochs-30", 1e-4, 30, 0.9542421102523804, "7:49", "Do 30 epochs suffice?",
          "Three times the epochs bring the lecture from 81.79 to 95.42 %. Where the curves go flat, more epochs bring nothing; early "
          "stopping reads that off the validation loss by itself."),
      one("1e-3", 1e-3, 20, 0.16873212158679962, "5:06", "What does a rate ten times higher do?",
          "Above the good rates there is no slope but an edge: a rate ten times higher does not train faster, it ends with one answer for "
          "every image."),
      one("1e-2", 1e-2, 10, 0.16873212158679962, "2:34", "And a hundred times higher?",
          "A collapsed network has an accuracy that looks like a number: that of the largest class. Compare with it, and look at the loss, "
          "which stays at the entropy of the class shares."),
      one("1e-5", 1e-5, 50, 0.936129629611969, "13:05", "Does a small rate get there as well?",
          "A tenth of the rate reaches about the same accuracy (93.61 beside 95.42 %) with smoother curves, and takes 50 epochs instead of "
          "30: a small rate is safe and slow."),
      one("1e-6", 1e-6, 50, 0.7121067643165588, "13:00", "Can a rate be too small?",
          "Learning that is too slow looks healthy: smooth curves, no overfitting, and after 50 epochs far from done. The lecture reckons "
          "with 200 to 300 epochs.")};
}

}  // namespace lehr
