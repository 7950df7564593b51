// Loose bounds that no honest run breaks, on a machine that does other things as well: what is measured stands in docs/benchmarks/overhead.md.
#include "tune/overhead_bench.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/check/temporary_folder.h"

using namespace lehr;

TEST_CASE("overhead: callbacks, logs, progress and checkpoint of an epoch of the MLP") {
  const TemporaryFolder folder;
  OverheadBench bench{.net = "mlp", .samples = 3'200, .epochs = 4, .turns = 3, .folder = folder / "run"};
  bench.job.threads = 2;
  const OverheadResult r = run_overhead_bench(bench);
  REQUIRE(r.bare.size() == 12);
  REQUIRE(r.full.size() == 12);
  CHECK(r.added.size() == 3);  // one a turn
  // Of the quickest epochs: what others do at the same time only adds.
  const auto quickest = [](const std::vector<EpochCost>& epochs) {
    return std::ranges::min_element(epochs, {}, &EpochCost::seconds)->seconds;
  };
  const double added = quickest(r.full) - quickest(r.bare);
  MESSAGE("quickest epochs: " << added * 1e3 << " ms added");
  CHECK(added < 0.5);
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
}
