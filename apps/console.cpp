#include "apps/console.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <iostream>

#include "apps/version.h"
#include "tune/terminal.h"

namespace lehr {

namespace {
// A signal handler can reach nothing but a global.
std::atomic<int> signals{0};
void on_signal(int) {
  if (signals.fetch_add(1) >= 1) _exit(130);
}
}  // namespace

bool interrupted() { return signals.load() > 0; }

/// On a stack of its own: oneDNN's generated products let the stack pointer point into their workspace on the heap (its issue 4845), and what
/// the kernel pushes for a handler overwrites what lies below. Seen as "corrupted size vs. prev_size" after one interrupt in eight. Signals go
/// to the calling thread as long as it lives, so that one has the stack.
void catch_signals() {
  static std::array<std::byte, std::size_t{64} * 1024> stack;  // a frame holds all registers: 11 kB with AMX's tiles
  const stack_t alternate{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1})
    sigaction(signal, &action, nullptr);  // SIGUSR1: what Slurm sends before it takes the machine away
}

std::unique_ptr<Renderer> Console::renderer() const {
  const RendererMode mode = quiet ? RendererMode::quiet : json ? RendererMode::json : RendererMode::automatic;
  return make_renderer({.mode = mode, .terminal = terminal_of(STDOUT_FILENO)}, out, err);
}

void add_common_flags(CLI::App& c, Console& console, FitJob& job) {
  c.add_option("--device", job.device, "auto, cpu, cuda or cuda:INDEX")->capture_default_str();
  c.add_option("--precision", job.precision, "float32, tf32 or mixed_bfloat16")->capture_default_str();
  c.add_option("--conv", job.conv, "on a GPU: auto, cudnn or ours")->capture_default_str();
  c.add_flag("--autotune", job.autotune, "on a GPU: engines by measurement, kept for the next run");
  c.add_flag("--fast", job.fast, "on a GPU: also engines that do not repeat their bits");
  c.add_option("--threads", job.threads, "CPU threads; 0: what affinity and the cgroup allow")->capture_default_str();
  c.add_option("--seed", job.seed, "of initial weights, shuffling and dropout")->capture_default_str();
  c.add_option("--run", job.run, "folder of the run; default: runs/<name>-<date>-<n>");
  c.add_option("--data-dir", job.data_dir, "where data sets are looked for first");
  c.add_flag("--json", console.json, "one JSON document on stdout, progress on stderr");
  c.add_flag("--quiet", console.quiet, "nothing but errors");
  c.add_flag("--yes", console.yes, "ask nothing");
}

void add_version_flag(CLI::App& app, Console& console) {
  app.add_flag("--version", console.version, "commit, compiler, instruction set, libraries with their versions");
  app.add_flag("--json", console.json, "with --version: as JSON");
}

}  // namespace lehr
