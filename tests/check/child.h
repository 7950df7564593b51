// child.h: what ends a program is tried in a process of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

namespace lehr::check {

struct Ending {
  bool survived = false;
  std::string words;  ///< on its error stream
};

/// Whether a process of its own comes to the end of `work`.
template <class Work>
Ending in_a_child(const Work& work) {
  std::fflush(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    for (const int how : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(how, SIG_DFL);  // not the parent's report
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    try {
      work();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  Ending ending;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = read(ends[0], piece.data(), piece.size())) > 0;) ending.words.append(piece.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ending.survived = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return ending;
}

}  // namespace lehr::check
