#include "kernels/cuda/cudnn/race.h"

#include <cstdio>
#include <optional>

#include "kernels/error.h"

namespace lehr::cudnn {
namespace {

std::string in_one_line(const ErrorInfo& e) {
  std::string line = e.where + ": " + e.what + (e.got.empty() ? "" : " (" + e.got + ")");
  for (char& c : line)
    if (c == '\n') c = ' ';
  return line;
}

}  // namespace

std::size_t winner(const Race& race) {
  std::optional<std::size_t> best;
  std::optional<ErrorInfo> first;
  double least = 0;
  for (std::size_t i = 0; i < race.runners; ++i) {
    double seconds = 0;
    try {
      seconds = race.seconds_of(i);
    } catch (const Error& error) {
      if (!first) first = error.info();
      race.say("--autotune: " + race.name_of(i) + " failed and is left out: " + in_one_line(error.info()));
      continue;
    }
    if (!best || seconds < least) best = i, least = seconds;
  }
  if (best) return *best;
  throw Error({.category = Category::device,
               .where = "--autotune",
               .what = "none of " + std::to_string(race.runners) + " engines runs",
               .got = first ? in_one_line(*first) : "",
               .hint = "Without --autotune cuDNN's own first choice is taken; --conv ours does without cuDNN."});
}

void say_on_stderr(const std::string& line) { std::fputs(("lehr: " + line + "\n").c_str(), stderr); }

}  // namespace lehr::cudnn
