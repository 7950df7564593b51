// Every family's problems on the device against float64, as the CPU's kernels run them (tests/kernels), and against what those make of the same numbers;
// each pass runs twice, to the same bits.
#include <doctest/doctest.h>

#include "kernels/problems/check.h"
#include "tests/device/device.h"

namespace lehr::check {
namespace {

/// Of the ladders: each rung over two of the small problems and the one that runs over every third of them, or each over all.
enum class Rungs { best, all };

void on_device(std::string_view name, Rungs rungs = Rungs::all) {
  const Family& family = family_of(name);
  std::size_t problems = 0, results = 0, beside = 0;
  double worst = 0, apart = 0;
  Cpu cpu(2);
  for (const ProblemList& list : problem_lists()) {
    if (list.family != name || list.timed()) continue;
    for (const Problem& line : parse_problems(list.text)) {
      const auto cuda = device();
      reorder(*cuda, ++problems);
      if (rungs == Rungs::best && (list.name != "small" || problems % 3 != 1)) continue;
      for (const Problem& problem : variations(family, line, *cuda)) {
        if (rungs == Rungs::best && problems > 4 && problem.has("variant") && problem.word("variant", "") != "automatic") continue;
        INFO(problem.text());
        for (const Finding& f : check_problem(family, problem, *cuda, cpu)) {
          ++results;
          if (!f.holds()) FAIL_CHECK(f.text());
          if (f.dtype != DType::bf16) worst = std::max(worst, f.worst.used);
          if (!f.beside) continue;
          ++beside;
          apart = std::max(apart, f.beside->used);
        }
      }
    }
  }
  CHECK(results > 0);
  CHECK(beside >= results / 2);  // the CPU has all of it but what only a GPU's library fuses
  MESSAGE(std::string(name), ": ", results, " results, the worst used ", 100 * worst, " % of its tolerance; ", beside,
          " beside the CPU's, apart by ", 100 * apart, " % at most");
}

}  // namespace

TEST_CASE("families: elementwise") { on_device("elementwise"); }
TEST_CASE("families: activation") { on_device("activation"); }
TEST_CASE("families: optimizer_step") { on_device("optimizer_step"); }
TEST_CASE("families: pool2d") { on_device("pool2d"); }
TEST_CASE("families: batch_norm") { on_device("batch_norm"); }
TEST_CASE("families: dropout") { on_device("dropout"); }
TEST_CASE("families: fill") { on_device("fill"); }
TEST_CASE("families: penalty") { on_device("penalty"); }
TEST_CASE("families: constraint") { on_device("constraint"); }
TEST_CASE("families: gather") { on_device("gather"); }
TEST_CASE("families: loss") { on_device("loss"); }
TEST_CASE("families: metrics") { on_device("metrics"); }
TEST_CASE("families: augment") { on_device("augment"); }
TEST_CASE("families: norm_clip") { on_device("norm_clip"); }
TEST_CASE("families: segment_factor") { on_device("segment_factor"); }
TEST_CASE("families: factored_moments") { on_device("factored_moments"); }
TEST_CASE("families: store_rows") { on_device("store_rows"); }
TEST_CASE("families: broadcast") { on_device("broadcast"); }
TEST_CASE("families: group_norm") { on_device("group_norm"); }
TEST_CASE("families: spatial") { on_device("spatial"); }
TEST_CASE("families: noise") { on_device("noise"); }

TEST_CASE("families: matmul") { on_device("matmul", Rungs::best); }
TEST_CASE("families: conv2d") { on_device("conv2d", Rungs::best); }

TEST_SUITE("slow") {
  TEST_CASE("families: matmul, every rung of the ladder") { on_device("matmul"); }
  TEST_CASE("families: conv2d, every rung of the ladder") { on_device("conv2d"); }
}

}  // namespace lehr::check
