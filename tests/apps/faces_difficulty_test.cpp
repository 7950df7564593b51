// How hard the drawn faces are: a linear model must not do, a small convolutional network must.
#include <doctest/doctest.h>

#include "engine/json.h"
#include "tests/check/command.h"

namespace {

double test_accuracy(const std::string& network, const std::string& rate) {
  const Folder folder;
  const Result r = command(folder, "fit --model '" + network + "' --data 'faces(people=62, size=32)' --epochs 40 --learning-rate '" + rate +
                                       "' --seed 0 --json --run run");
  REQUIRE_MESSAGE(r.code == 0, r.err);
  return lehr::JsonValue::parse(r.out).at("evaluate").at("accuracy").number();
}

}  // namespace

TEST_SUITE_BEGIN("slow");  // two minutes

TEST_CASE("faces: the best linear model stays under 60 %, a network of three convolutions passes 95 %") {
  for (const char* rate : {"3e-4", "1e-3", "3e-3"}) {
    const double linear = test_accuracy("flatten | dense(62, softmax)", "cosine(initial=" + std::string(rate) + ", end=1e-5)");
    CAPTURE(rate);
    CHECK(linear < 0.60);
    CHECK(linear > 0.40);  // trained, not broken
  }
  CHECK(test_accuracy("conv2d(32, 3, activation=relu) | max_pooling2d(2) | conv2d(64, 3, activation=relu) | max_pooling2d(2) | "
                      "conv2d(128, 3, activation=relu) | max_pooling2d(2) | flatten | dropout(0.5) | dense(62, softmax)",
                      "cosine(initial=2e-3, end=1e-5)") > 0.95);
}

TEST_SUITE_END();
