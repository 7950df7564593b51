// 16.1: which hyper-parameters does this network have, and what does it reach? As printed, its six convolutions are linear: two in a row are
// one convolution, and only pooling and the dense layers bend the function. The variant `relu` puts the missing activation in.
#include "apps/experiments/experiments.h"

namespace lehr {

namespace {

FitJob job(const Experiment& e, Scale scale, const std::string& variant) {
  if (!variant.empty() && variant != "relu")
    throw Error(
        {.category = Category::usage, .where = "--variant", .what = "unknown variant of " + e.name, .expected = "relu", .got = variant});
  FitJob job{.model = std::string("lecture_cnn(activation=") + (variant == "relu" ? "relu" : "linear") + ", classes=CLASSES)",
             .data = "cifar10",
             .optimizer = "adam(1e-3)",
             .epochs = 10,
             .batch_size = 128};
  if (scale == Scale::laptop) {
    job.data = "faces(people=20, per_person=30, size=32)";
    job.image_size = "32x32";
    job.epochs = 15;
    job.batch_size = 32;
  }
  if (scale == Scale::smoke) {
    job.data = "digits";
    job.epochs = 1;
  }
  return job;
}

}  // namespace

std::vector<Experiment> cifar_convnet() {
  return {{.name = "16.1-cifar-convnet",
           .section = "16.1",
           .question = "What does the lecture's convolutional network reach, and what do its missing activations cost?",
           .variants = {"relu"},
           .job = job,
           .learning_rate = 1e-3,
           .epochs = 10}};
}

}  // namespace lehr
