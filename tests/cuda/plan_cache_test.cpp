// What --autotune keeps on disk, also after damage.
#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/atomic_file.h"
#include "kernels/cuda/cudnn/plan_cache.h"
#include "kernels/error.h"
#include "tests/check/temporary_folder.h"
#include "tests/cuda/profiles.h"

using namespace lehr;
using cudnn::EngineChoice;
using cudnn::PlanCache;

namespace {

const cudnn::Place place{.cudnn_version = 91900, .device = "NVIDIA H200", .multiprocessors = 132, .driver = 13000};
const cudnn::ConvGraphSpec spec{.shape = {.batch = 2, .height = 8, .width = 8, .in_channels = 8, .out_channels = 16}};
const EngineChoice first{.engine = 41, .knobs = {{2, 5}, {13, 0}}}, second{.engine = 7, .knobs = {}};

}  // namespace

TEST_CASE("plan cache: what was remembered is found by the next program, the last word holds") {
  const TemporaryFolder folder;
  const auto file = std::filesystem::path(folder.path()) / "deep" / "plans.txt";
  {
    PlanCache cache(file);
    CHECK_FALSE(cache.find("a"));
    CHECK(cache.remember("a", second));
    CHECK(cache.remember("b", second));
    CHECK(cache.remember("a", first));
  }
  const PlanCache again(file);
  CHECK(again.size() == 2);
  CHECK(again.find("a") == first);
  CHECK(again.find("b") == second);
}

TEST_CASE("plan cache: library, device, driver, graph and determinism are each part of the key") {
  const std::string key = cudnn::key_of(place, spec, true);
  auto other = place;
  other.cudnn_version = 92000;
  CHECK(cudnn::key_of(other, spec, true) != key);
  other = place, other.device = "NVIDIA H100";
  CHECK(cudnn::key_of(other, spec, true) != key);
  other = place, other.multiprocessors = 114;
  CHECK(cudnn::key_of(other, spec, true) != key);
  other = place, other.driver = 13010;
  CHECK(cudnn::key_of(other, spec, true) != key);
  CHECK(cudnn::key_of(place, spec, false) != key);
  auto wider = spec;
  wider.shape.width = 9;
  CHECK(cudnn::key_of(place, wider, true) != key);
  auto tf32 = spec;
  tf32.math = cudnn::Math::tf32;
  CHECK(cudnn::key_of(place, tf32, true) != key);
  const auto parsed = cudnn::parse_line(cudnn::line_of(key, first));
  REQUIRE(parsed);
  CHECK(parsed->first == key);
  CHECK(parsed->second == first);
}

TEST_CASE("plan cache: cut and flipped files lose the damaged lines and nothing else") {
  const TemporaryFolder folder;
  const auto file = std::filesystem::path(folder.path()) / "plans.txt";
  PlanCache(file).remember("a", first);
  PlanCache(file).remember("b", second);
  const std::string whole = read_file(file);
  const std::size_t line = whole.find('\n') + 1;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    write_file_atomically(file, std::string_view(whole).substr(0, cut));
    const PlanCache cache(file);
    CHECK((cache.find("a") == first) == (cut + 1 >= line));
    CHECK((cache.find("b") == second) == (cut + 1 >= whole.size()));
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    write_file_atomically(file, flipped);
    const PlanCache cache(file);
    for (const char* key : {"a", "b"})
      if (const auto found = cache.find(key)) CHECK(*found == (*key == 'a' ? first : second));
    CHECK(cache.size() <= 2);
  }
  // Behind a torn line the next one begins on a line of its own.
  write_file_atomically(file, std::string_view(whole).substr(0, whole.size() - 5));
  PlanCache(file).remember("c", second);
  const PlanCache cache(file);
  CHECK(cache.find("a") == first);
  CHECK(cache.find("c") == second);
  CHECK_FALSE(cache.find("b"));
}

TEST_CASE("plan cache: a folder that cannot be written costs the memory, not the run") {
  PlanCache cache("/dev/null/plans.txt");
  CHECK_FALSE(cache.remember("a", first));
  CHECK(cache.find("a") == first);
}

TEST_CASE("autotune: an engine that fails while it is measured is left out with one line; where all fail, that is an error of the device") {
  const std::vector<double> times{3, -1, 1, 2, -1, 1};  // -1: fails
  std::vector<std::string> lines;
  const cudnn::Race race{
      .runners = times.size(),
      .seconds_of =
          [&](std::size_t i) {
            if (times[i] < 0) throw Error({.category = Category::device, .where = "cuDNN, execute", .what = "FAILED", .got = "two\nlines"});
            return times[i];
          },
      .name_of = [](std::size_t i) { return "engine " + std::to_string(40 + i); },
      .say = [&](const std::string& line) { lines.push_back(line); }};
  CHECK(cudnn::winner(race) == 2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "--autotune: engine 41 failed and is left out: cuDNN, execute: FAILED (two lines)");
  CHECK(lines[1].find("engine 44") != std::string::npos);

  auto none = race;
  none.seconds_of = [&](std::size_t i) -> double {
    throw Error({.category = Category::device, .where = "cuDNN", .what = i == 0 ? "FIRST" : "LATER"});
  };
  try {
    cudnn::winner(none);
    FAIL("somebody won");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    CHECK(error.info().what == "none of 6 engines runs");
    CHECK(error.info().got == "cuDNN: FIRST");
    CHECK(error.info().hint.find("--conv ours") != std::string::npos);
  }
  // What is no trouble of an engine is not swallowed.
  none.seconds_of = [](std::size_t) -> double { throw std::logic_error("a bug"); };
  CHECK_THROWS_AS(cudnn::winner(none), std::logic_error);
}

TEST_CASE("autotune: the fastest is taken, kept, and taken again without measuring; what no longer fits is measured anew") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const TemporaryFolder folder;
  const auto file = std::filesystem::path(folder.path()) / "plans.txt";
  const auto gpu = check::described_gpus(api).front();
  const cudnn::ConvGraph graph(gpu, {.shape = {.batch = 32,
                                               .height = 12,
                                               .width = 12,
                                               .in_channels = 256,
                                               .out_channels = 512,
                                               .kernel_h = 3,
                                               .kernel_w = 3,
                                               .pad_top = 1,
                                               .pad_bottom = 1,
                                               .pad_left = 1,
                                               .pad_right = 1},
                                     .math = cudnn::Math::bf16,
                                     .bias = true,
                                     .activation = Activation::relu});
  const std::string key = cudnn::key_of(place, graph.spec(), true);
  const auto plans = cudnn::find_plans(graph, {}, 12);
  REQUIRE(plans.size() > 4);
  int measured = 0;
  const auto fourth_is_fastest = [&](const cudnn::EnginePlan& plan) { return ++measured, plan.choice == plans[3].choice ? 1.0 : 2.0; };
  {
    PlanCache cache(file);
    CHECK(cudnn::choose_plan(graph, {}, cache, key, {.seconds_of = fourth_is_fastest})->choice == plans[3].choice);
  }
  CHECK(measured == 12);
  PlanCache cache(file);
  CHECK(cudnn::choose_plan(graph, {}, cache, key, {.seconds_of = fourth_is_fastest})->choice == plans[3].choice);
  CHECK(measured == 12);
  cache.remember(key, {.engine = 99999});
  CHECK(cudnn::choose_plan(graph, {}, cache, key, {.seconds_of = fourth_is_fastest})->choice == plans[3].choice);
  CHECK(measured == 24);
}

TEST_CASE("autotune: what failed is neither taken nor remembered, and nothing is remembered where all fail") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const TemporaryFolder folder;
  const auto gpu = check::described_gpus(api).front();
  const cudnn::ConvGraph graph(gpu, spec);
  const std::string key = cudnn::key_of(place, spec, true);
  const auto plans = cudnn::find_plans(graph, {}, 12);
  REQUIRE(plans.size() > 1);
  PlanCache cache(std::filesystem::path(folder.path()) / "plans.txt");
  int lines = 0;
  const auto count = [&](const std::string&) { ++lines; };
  const auto fails = [](const cudnn::EnginePlan&) -> double {
    throw Error({.category = Category::device, .where = "cuDNN", .what = "CUDNN_STATUS_EXECUTION_FAILED"});
  };
  CHECK_THROWS_AS(cudnn::choose_plan(graph, {}, cache, key, {.seconds_of = fails, .say = count}), Error);
  CHECK(lines == static_cast<int>(plans.size()));
  CHECK(cache.size() == 0);
  const auto all_but_last = [&](const cudnn::EnginePlan& plan) { return plan.choice == plans.back().choice ? 1.0 : fails(plan); };
  CHECK(cudnn::choose_plan(graph, {}, cache, key, {.seconds_of = all_but_last, .say = count})->choice == plans.back().choice);
  CHECK(cache.find(key) == plans.back().choice);
  CHECK(lines == 2 * static_cast<int>(plans.size()) - 1);
}
