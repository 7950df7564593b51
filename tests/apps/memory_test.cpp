// Memory that does not suffice ends a command with exit 4 and the bytes of what it was for; a run that was there goes on afterwards.
#include <doctest/doctest.h>

#include <regex>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/command.h"

namespace {

/// What stands before and after a number of bytes: `arena ` 26.0 kB. Zero where there is none.
double bytes_in(const std::string& text, const std::string& before, const std::string& after) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(before + "([0-9.]+) (B|kB|MB|GB)" + after))) return 0;
  const std::string unit = found[2];
  return std::stod(found[1]) * (unit == "B" ? 1 : unit == "kB" ? 1e3 : unit == "MB" ? 1e6 : 1e9);
}

}  // namespace

#ifdef LEHR_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// ulimit -v stands for a small machine: of a step of 1000 samples and 60000 units, 480 MB do not fit into it. A sanitizer's shadow is
// address space of terabytes: no such machine there.
TEST_CASE("a step that does not fit: exit 4, its bytes by buffer, and nothing is lost" * doctest::skip(sanitized)) {
  const Folder folder;
  const std::string fit =
      "fit --model 'flatten | dense(60000, relu) | dense(10, softmax)' --data digits --batch-size 1000 --threads 2 --quiet ";
  const std::string small_machine = "ulimit -v 450000;";
  REQUIRE(command(folder, fit + "--epochs 1 --run run").code == 0);
  const std::string checkpoint = lehr::read_file(folder.path / "run/checkpoint.lehr");

  const Result full = command(folder, "fit --resume run --epochs 2", small_machine);
  CAPTURE(full.err);
  CHECK(full.code == 4);
  for (const char* part : {"out of memory", "bytes free", "--batch-size", "weights", "15 360 000    dense/kernel", "240 000    dense/bias",
                           "gradients of the weights", "the optimizer's state", "a step of 1000 samples", "240 000 000    "})
    CHECK_MESSAGE(full.err.find(part) != std::string::npos, "no ", part);
  CHECK(lehr::read_file(folder.path / "run/checkpoint.lehr") == checkpoint);

  const Result in_json = command(folder, fit + "--epochs 1 --run other --json", small_machine);
  CAPTURE(in_json.err);
  CHECK(in_json.code == 4);

  const Result resumed = command(folder, "fit --resume run --epochs 2");
  CAPTURE(resumed.err);
  CHECK(resumed.code == 0);
  CHECK(lehr::read_file(folder.path / "run/history.csv").find("\n1,") != std::string::npos);
}

// The arena of the training step alone, as the plan lays it out, is part of what a run holds; numbers are printed with one digit after the point.
TEST_CASE("fit says what it will hold at the peak before the first epoch: no less than the arena of its plan and the data") {
  const Folder folder;
  const std::string network = "'flatten | dense(2000, relu) | dense(10, softmax)'";
  const Result fit = command(folder, "fit --model " + network + " --data digits --batch-size 512 --epochs 1 --threads 1 --run run");
  CAPTURE(fit.out);
  REQUIRE(fit.code == 0);
  const auto said = fit.out.find("at the peak"), epoch = fit.out.find("Epoch 1/1");
  REQUIRE(said != std::string::npos);
  REQUIRE(epoch != std::string::npos);
  CHECK(said < epoch);
  const double peak = bytes_in(fit.out, "memory +", " at the peak"), activations = bytes_in(fit.out, "activations ", ""),
               data = bytes_in(fit.out, "data ", "");
  const Result plan = command(folder, "summary " + network + " --input-shape 8x8x1 --plan --batch-size 512 --threads 1");
  const double arena = bytes_in(plan.out, "arena ", "");
  CHECK(arena > 4e6);  // 512 rows of 2,000 numbers
  CHECK(activations >= 0.99 * arena);
  CHECK(peak >= 0.99 * (arena + data));
}
