// Which runs no other one beats: dominance over what is known of both.
#include "tune/report/run_criteria.h"

#include <doctest/doctest.h>

using lehr::RunCriteria;

namespace {

std::vector<bool> unbeaten(std::vector<RunCriteria> runs) {
  lehr::mark_unbeaten(runs);
  std::vector<bool> out;
  for (const auto& run : runs) out.push_back(run.unbeaten);
  return out;
}

}  // namespace

TEST_CASE("mark_unbeaten: a run falls where another is nowhere worse and somewhere better; trade-offs and equals stand") {
  const RunCriteria good{.val_accuracy = 0.9, .parameters = 100}, better{.val_accuracy = 0.95, .parameters = 100};
  const RunCriteria small{.val_accuracy = 0.8, .parameters = 10}, poor{.val_accuracy = 0.7, .parameters = 200};
  CHECK(unbeaten({good, better}) == std::vector<bool>{false, true});
  CHECK(unbeaten({better, small}) == std::vector<bool>{true, true});
  CHECK(unbeaten({good, better, small, poor}) == std::vector<bool>{false, true, true, false});
  CHECK(unbeaten({good, good}) == std::vector<bool>{true, true});
}

TEST_CASE("mark_unbeaten: what is not known is not compared; a lower loss and a higher accuracy are better") {
  CHECK(unbeaten({{.val_loss = 0.5, .seconds = 10}, {.val_loss = 0.4}}) == std::vector<bool>{false, true});
  CHECK(unbeaten({{.val_loss = 0.5, .val_accuracy = 0.9}, {.val_loss = 0.4, .val_accuracy = 0.8}}) == std::vector<bool>{true, true});
  CHECK(unbeaten({{}, {}}) == std::vector<bool>{true, true});
}

TEST_CASE("criteria_of: the best of each column and the sum of the seconds") {
  lehr::History h;
  h.add(0, {{"val_loss", 1.0}, {"val_accuracy", 0.5}, {"seconds", 2}});
  h.add(1, {{"val_loss", 0.8}, {"val_accuracy", 0.4}, {"seconds", 3}});
  const RunCriteria c = lehr::criteria_of("run", h);
  CHECK(c.val_loss == 0.8);
  CHECK(c.val_accuracy == 0.5);
  CHECK(c.seconds == 5);
  CHECK(c.epochs == 2);
}
