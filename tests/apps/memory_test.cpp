// Memory that does not suffice ends a command with exit 4 and the bytes of what it was for; a run that was there goes on afterwards.
#include <doctest/doctest.h>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/command.h"

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
