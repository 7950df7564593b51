// What --autotune keeps on disk, also after damage.
#include <doctest/doctest.h>

#include <filesystem>

#include "engine/atomic_file.h"
#include "kernels/cuda/cudnn/plan_cache.h"
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
    CHECK(cudnn::choose_plan(graph, {}, cache, key, fourth_is_fastest)->choice == plans[3].choice);
  }
  CHECK(measured == 12);
  PlanCache cache(file);
  CHECK(cudnn::choose_plan(graph, {}, cache, key, fourth_is_fastest)->choice == plans[3].choice);
  CHECK(measured == 12);
  cache.remember(key, {.engine = 99999});
  CHECK(cudnn::choose_plan(graph, {}, cache, key, fourth_is_fastest)->choice == plans[3].choice);
  CHECK(measured == 24);
}
