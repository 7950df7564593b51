// Traps: sentences that only runs which fell into them get.
#include "tune/traps.h"

#include <doctest/doctest.h>

#include "tune/experiment.h"

namespace {

using lehr::History;

History history_of(const std::string& name, const std::vector<double>& values) {
  History out;
  for (std::size_t i = 0; i < values.size(); ++i) out.add(static_cast<std::int64_t>(i), {{name, values[i]}});
  return out;
}

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("a rate set at the last epoch's end was never trained with: the lecture's reductions at 50 and 60 of 60 epochs") {
  std::vector<double> rates(60, 1e-5);
  std::fill(rates.begin(), rates.begin() + 50, 1e-4);
  History h = history_of("learning_rate", rates);
  h.events = {{.epoch = 49, .kind = "reduced", .text = "Epoch 50: ReduceLROnPlateau reducing learning rate to 1e-05."},
              {.epoch = 59, .kind = "reduced", .text = "Epoch 60: ReduceLROnPlateau reducing learning rate to 1e-06."}};
  const std::string text = lehr::rate_never_trained(h);
  CHECK(has(text, "to 1e-06 at the end of epoch 60"));
  CHECK(has(text, "0.0001 for 50 epochs, 1e-05 for 10 epochs"));
  h.events.pop_back();
  CHECK(lehr::rate_never_trained(h).empty());
}

TEST_CASE("a schedule that stands still is told from a constant rate and from one that falls") {
  std::vector<double> rates;
  for (double rate = 1e-4; const int epoch : {0, 1, 2, 3, 4}) rates.push_back(rate = rate / (1 + 1e-6 * epoch));
  CHECK(has(lehr::rate_stood_still(history_of("learning_rate", rates)), "0.001 %"));
  CHECK(lehr::rate_stood_still(history_of("learning_rate", {1e-4, 1e-4})).empty());
  CHECK(lehr::rate_stood_still(history_of("learning_rate", {1e-4, 9e-5})).empty());
}

TEST_CASE("callbacks of different min_delta count different epochs as better") {
  const History h = history_of("val_loss", {1.0, 0.99995, 0.9, 0.95});
  CHECK(has(lehr::counters_apart(h, "val_loss", 0, 1e-4), "epoch 2 is better"));
  CHECK(lehr::counters_apart(history_of("val_loss", {1.0, 0.9, 0.95}), "val_loss", 0, 1e-4).empty());
}

TEST_CASE("drops of a rate: their distance where it is one and the same") {
  CHECK(lehr::epochs_between_drops(history_of("learning_rate", {4, 4, 4, 2, 2, 2, 1})) == 3);
  CHECK_FALSE(lehr::epochs_between_drops(history_of("learning_rate", {4, 2, 2, 1})));
  CHECK_FALSE(lehr::epochs_between_drops(history_of("learning_rate", {4, 4})));
}

TEST_CASE("a best epoch that was saved and is not the result") {
  lehr::ExperimentRun run{.epochs = 50, .best_epoch = 35, .test_accuracy = 0.92, .best_test_accuracy = 0.93};
  CHECK(has(lehr::best_left_unread(run), "93.00 %"));
  run.restored = true;
  CHECK(lehr::best_left_unread(run).empty());
  CHECK(lehr::best_left_unread({.epochs = 50, .best_epoch = 49, .test_accuracy = 0.92, .best_test_accuracy = 0.92}).empty());
}

TEST_CASE("a reduced rate shows the digits that float32 gives it; a rate that stays shows nothing") {
  const auto held = [](float rate) { return static_cast<double>(rate); };
  const std::string text = lehr::rate_in_float32(history_of("learning_rate", {held(1e-4F), held(1e-4F), held(1e-5F)}));
  CHECK(has(text, "1e-05 is printed as 9.999999747378752e-06"));
  CHECK(lehr::rate_in_float32(history_of("learning_rate", {held(1e-4F), held(1e-4F)})).empty());
  CHECK(lehr::rate_in_float32(history_of("learning_rate", {0.5, 0.25})).empty());  // float32 holds these
}

TEST_CASE("a choice by the test set is put beside the one by validation") {
  const std::vector<lehr::Compared> apart{{.name = "a", .validation = 0.9, .test = 0.8}, {.name = "b", .validation = 0.7, .test = 0.85}};
  CHECK(lehr::chosen_on_test(apart) ==
        "of 2 runs the test set prefers b (85.00 %), validation a (90.00 %), which has 80.00 % on the test set");
  const std::vector<lehr::Compared> same{{.name = "a", .validation = 0.9, .test = 0.9}, {.name = "b", .validation = 0.7, .test = 0.85}};
  CHECK(has(lehr::chosen_on_test(same), "and so does validation"));
  CHECK(lehr::chosen_on_test({same.data(), 1}).empty());
}
