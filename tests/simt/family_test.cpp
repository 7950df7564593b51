// Every family's problems on the executor against float64, in shuffled orders; each pass runs twice, in two orders, to the same bits.
#include <doctest/doctest.h>

#include "kernels/problems/check.h"
#include "kernels/simt/stream.h"

namespace lehr::check {
namespace {

enum class Rungs { best, all };  ///< of the ladders: the one that runs, over every third small problem, or each over all

void on_executor(std::string_view name, Rungs rungs = Rungs::all) {
  const Family& family = family_of(name);
  std::size_t problems = 0, results = 0;
  double worst = 0;
  for (const ProblemList& list : problem_lists()) {
    if (list.family != name || list.timed()) continue;
    for (const Problem& line : parse_problems(list.text)) {
      Cuda cuda;
      simt::shuffle_by(cuda, ++problems);
      if (rungs == Rungs::best && (list.name != "small" || problems % 3 != 1)) continue;
      for (const Problem& problem : variations(family, line, cuda)) {
        if (rungs == Rungs::best && problem.has("variant") && problem.word("variant", "") != "automatic") continue;
        INFO(problem.text());
        for (const Finding& f : check_problem(family, problem, cuda)) {
          ++results;
          if (!f.holds()) FAIL_CHECK(f.text());
          if (f.dtype != DType::bf16) worst = std::max(worst, f.worst.used);
        }
      }
    }
  }
  CHECK(results > 0);
  MESSAGE(std::string(name), ": ", results, " results, the worst used ", 100 * worst, " % of its tolerance");
}

}  // namespace

TEST_CASE("simt: elementwise") { on_executor("elementwise"); }
TEST_CASE("simt: activation") { on_executor("activation"); }
TEST_CASE("simt: optimizer_step") { on_executor("optimizer_step"); }
TEST_CASE("simt: pool2d") { on_executor("pool2d"); }
TEST_CASE("simt: batch_norm") { on_executor("batch_norm"); }
TEST_CASE("simt: dropout") { on_executor("dropout"); }
TEST_CASE("simt: fill") { on_executor("fill"); }
TEST_CASE("simt: penalty") { on_executor("penalty"); }
TEST_CASE("simt: constraint") { on_executor("constraint"); }
TEST_CASE("simt: gather") { on_executor("gather"); }
TEST_CASE("simt: loss") { on_executor("loss"); }
TEST_CASE("simt: metrics") { on_executor("metrics"); }
TEST_CASE("simt: augment") { on_executor("augment"); }
TEST_CASE("simt: norm_clip") { on_executor("norm_clip"); }
TEST_CASE("simt: segment_factor") { on_executor("segment_factor"); }
TEST_CASE("simt: factored_moments") { on_executor("factored_moments"); }

TEST_CASE("simt: matmul") { on_executor("matmul", Rungs::best); }
TEST_CASE("simt: conv2d") { on_executor("conv2d", Rungs::best); }

TEST_SUITE("slow") {
  TEST_CASE("simt: matmul, every rung of the ladder") { on_executor("matmul"); }
  TEST_CASE("simt: conv2d, every rung of the ladder") { on_executor("conv2d"); }
}

}  // namespace lehr::check
