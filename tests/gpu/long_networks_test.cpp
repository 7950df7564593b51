// Whole networks for longer than the executor has patience: a hundred steps, and the lecture's own networks.
#include <doctest/doctest.h>

#include "tests/device/networks.h"

namespace lehr::check {

TEST_CASE("networks: without a vendor's libraries, after ten steps") {
  agree(training_cases(), 10, 1e-3, 5e-2, [] { return std::make_shared<Cuda>(); });
}

TEST_SUITE("long") {
  TEST_CASE("networks: after a hundred steps the device's weights are near the CPU's") { agree(training_cases(), 100, 5e-2, 0.3); }

  TEST_CASE("networks: the lecture's, for ten steps") {
    std::vector<TrainingCase> all{
        {.name = "mlp", .network = chain("lecture_mlp(320)", {28, 28, 1}), .optimizer = "adam(0.001)", .classes = 10},
        {.name = "cifar", .network = chain("lecture_cnn(relu)", {32, 32, 3}), .optimizer = "adam(0.0001)", .classes = 10},
        {.name = "vgg16",
         .network = chain("lecture_vgg16(classes=62, weights=none)", {100, 100, 3}),
         .optimizer = "sgd(0.001)",
         .classes = 62}};
    agree(all, 10, 1e-2, 0.1);
    agree(all, 10, 1e-2, 0.1, [] { return std::make_shared<Cuda>(); });  // our own convolutions and products
    for (TrainingCase& c : all) c.precision = Precision::mixed_bfloat16;
    agree(all, 10, 1e-2, 0.1);
  }
}

}  // namespace lehr::check
