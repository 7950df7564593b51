// --threads: a promise to what else runs on the machine.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/check/command.h"

namespace {

double processor_seconds_of_children() {
  rusage used{};
  REQUIRE(getrusage(RUSAGE_CHILDREN, &used) == 0);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

TEST_CASE("--threads 1: training, searching, cross-validating and the baselines stay on one core") {
  const std::string conv = " --model 'conv2d(16, 3, activation=relu) | flatten | dense(10, softmax)' --data digits --threads 1 ";
  const std::string search = "--oracle 'bayesian(trials=12)' --optimizer 'adam(r:float(1e-4, 1e-1, sampling=log))'";
  const std::vector<std::string> commands = {
      "fit --quiet --epochs 12 --validation-split 0.2" + conv,
      "evaluate logistic_regression --data digits --threads 1 --json",
      "cross-validate --quiet --model 'knn(5)' --data digits --folds 10 --threads 1",
      "tune --quiet --epochs 2 --validation-split 0.2 " + search + conv,
  };
  for (const std::string& arguments : commands) {
    const Folder folder;
    CAPTURE(arguments);
    const double used = processor_seconds_of_children();
    const auto begin = std::chrono::steady_clock::now();
    const Result r = command(folder, arguments);
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CAPTURE(r.err);
    CHECK(r.code == 0);
    // What is written while training goes on has a thread of its own; on a busy machine the share falls and never rises.
    CHECK(processor_seconds_of_children() - used < 1.3 * wall + 0.2);
  }
}
