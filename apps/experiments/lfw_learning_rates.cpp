// 16.2: how does the learning rate decide the result? Six runs of one network; only the rate and the number of epochs differ.
//   lecture  VGG-16 with ImageNet weights, 100x100, batch 32, Adam
//   laptop   a VGG-11 shape at quarter width, 64x64, from random weights: good rates lie ten times higher than for a pretrained base
#include "apps/experiments/experiments.h"
#include "engine/number_text.h"

#include <algorithm>

namespace lehr {

namespace {

FitJob job(const Experiment& e, Scale scale, const std::string& variant) {
  if (!variant.empty())
    throw Error({.category = Category::usage, .where = "--variant", .what = e.name + " has no variants", .got = variant});
  const double rate = scale == Scale::lecture ? e.learning_rate : 10 * e.learning_rate;
  FitJob job{.data = "faces(people=20, per_person=30, size=64)",
             .optimizer = "adam",
             .learning_rate = number_text(rate),
             .epochs = e.epochs,
             .batch_size = 32};
  switch (scale) {
    case Scale::lecture:
      job.model = "lecture_vgg16(classes=CLASSES, weights=imagenet)";
      job.image_size = "100x100";
      break;
    case Scale::laptop:
      job.model = "vgg11(width=4) | global_average_pooling2d | dense(256, relu) | dropout(0.25) | dense(CLASSES, softmax)";
      job.image_size = "64x64";
      job.epochs = std::max<std::int64_t>(e.epochs, 20);
      break;
    default:
      job.model = "conv2d(8, 3, padding=same, activation=relu) | max_pooling2d(4) | global_average_pooling2d | dense(CLASSES, softmax)";
      job.data = "faces(people=6, per_person=10, size=24)";
      job.epochs = 2;
      break;
  }
  return job;
}

}  // namespace

std::vector<Experiment> lfw_learning_rates() {
  const auto one = [](const char* suffix, double rate, std::int64_t epochs, double accuracy, const char* time, const char* question) {
    return Experiment{.name = std::string("16.2-vgg16-lr-") + suffix,
                      .section = "16.2",
                      .question = question,
                      .lecture = {.test_accuracy = accuracy, .time = time},
                      .variants = {},
                      .job = job,
                      .learning_rate = rate,
                      .epochs = epochs};
  };
  return {one("1e-4", 1e-4, 10, 0.8179218173027039, "2:57", "Are 10 epochs enough at a rate that works?"),
          one("1e-4-epochs-30", 1e-4, 30, 0.9542421102523804, "7:49", "Do 30 epochs suffice?"),
          one("1e-3", 1e-3, 20, 0.16873212158679962, "5:06", "What does a rate ten times higher do?"),
          one("1e-2", 1e-2, 10, 0.16873212158679962, "2:34", "And a hundred times higher?"),
          one("1e-5", 1e-5, 50, 0.936129629611969, "13:05", "Does a small rate get there as well?"),
          one("1e-6", 1e-6, 50, 0.7121067643165588, "13:00", "Can a rate be too small?")};
}

}  // namespace lehr
