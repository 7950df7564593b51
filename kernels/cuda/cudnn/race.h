// race.h: what --autotune does with several ways to compute the same thing: each is measured, the fastest wins, and one that fails is out.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace lehr::cudnn {

struct Race {
  std::size_t runners = 0;
  std::function<double(std::size_t)> seconds_of = {};                       ///< may throw Error: then the runner is out
  std::function<std::string(std::size_t)> name_of = {};                     ///< "engine 41"
  std::function<void(const std::string&)> say = [](const std::string&) {};  ///< gets one line for each that is out
};
/// The fastest; of equals the first. Throws Error{device} with the first failure where none comes in; there must be runners.
std::size_t winner(const Race& race);

/// Where lines go unless somebody else listens: the error stream.
void say_on_stderr(const std::string& line);

}  // namespace lehr::cudnn
