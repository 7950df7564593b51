// Which runs no other one beats: dominance over what is known of both.
#include "tune/report/run_criteria.h"

#include <doctest/doctest.h>

#include <cmath>

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

TEST_CASE("mark_unbeaten: runs on other data are no rivals") {
  const RunCriteria digits{.data = "digits", .val_accuracy = 0.99}, faces{.data = "faces", .val_accuracy = 0.6};
  CHECK(unbeaten({digits, faces}) == std::vector<bool>{true, true});
}

TEST_CASE("criteria_json: what was measured comes back, what is unknown stays so") {
  const RunCriteria found{.parameters = 1234, .flops = 2.5e6, .latency_s = 1.25e-4, .memory = 5e6};
  RunCriteria read{.run = "a", .val_loss = 0.5};
  lehr::add_written_criteria(read, lehr::criteria_json(found), "criteria.json");
  CHECK(read.parameters == 1234);
  CHECK(read.flops == 2.5e6);
  CHECK(read.latency_s == 1.25e-4);
  CHECK(read.memory == 5e6);
  CHECK(std::isnan(read.bytes));
  CHECK(read.val_loss == 0.5);
  CHECK_THROWS_AS(lehr::add_written_criteria(read, "{", "criteria.json"), lehr::Error);
}
