#include "tune/killed_run.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "engine/atomic_file.h"
#include "tune/history_files.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

/// A program that runs beside this one and never outlives it.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& arguments) {
    std::vector<char*> words;
    for (const auto& a : arguments)
      words.push_back(const_cast<char*>(a.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast): execv's signature
    words.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw Error({.where = arguments.front(), .what = "no process could be started"});
    if (pid_ != 0) return;
    const int nowhere = open("/dev/null", O_RDWR);
    for (const int stream : {0, 1, 2}) dup2(nowhere, stream);
    execv(words[0], words.data());
    _exit(127);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { kill_now(); }

  bool ended() {
    if (!done_) done_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return done_;
  }
  /// True where it was still alive.
  bool kill_now() {
    if (ended()) return false;
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
    done_ = true;
    return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL;
  }
  int exit_code() const { return done_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool done_ = false;
};

std::int64_t epochs_on_disk(const std::string& run) {
  try {
    return parse_history_csv(read_file(run + "/history.csv")).epochs();
  } catch (const Error&) {
    return 0;  // not written yet
  }
}

bool same_numbers(const History& a, const History& b, std::int64_t row) {
  return std::all_of(a.names.begin(), a.names.end(), [&](const std::string& name) {
    return name == "seconds" || std::bit_cast<std::uint64_t>(a.at(name, row)) == std::bit_cast<std::uint64_t>(b.at(name, row));
  });
}

/// False where it was through before.
bool run_and_kill(const FitJob& job, const std::string& run, const History& whole, const std::string& program, std::int64_t after_epochs,
                  const FitJobHooks& hooks) {
  ChildProcess child({program, "fit", "--config", job.run + "/config.toml", "--run", run, "--quiet", "--overwrite"});
  const auto interrupted = [&] { return hooks.interrupted && hooks.interrupted(); };
  while (!child.ended() && epochs_on_disk(run) < after_epochs && !interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double epoch_s = std::min(0.4 * whole.at("seconds", 0), 60.0);
  if (!child.ended() && epoch_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(epoch_s));
  const bool killed = child.kill_now();
  if (!killed && child.exit_code() != 0)
    throw Error({.where = run, .what = "the second process failed by itself", .got = "exit code " + std::to_string(child.exit_code())});
  return killed;
}

}  // namespace

KilledRun kill_and_resume(const FitJob& job, const History& whole, const std::string& program, std::int64_t after_epochs,
                          const FitJobHooks& hooks) {
  KilledRun out{.run = job.run + "/killed"};
  // A short run may be through before this process gets its turn: then once more.
  for (int attempt = 0; attempt < 5 && !out.killed; ++attempt) out.killed = run_and_kill(job, out.run, whole, program, after_epochs, hooks);
  out.after_epochs = epochs_on_disk(out.run);
  FitJob rest = job;
  rest.run = out.run;
  rest.resume = true;
  rest.overwrite = false;
  rest.epochs = std::min(job.epochs, out.after_epochs + 2);
  FitJobHooks quiet = hooks;
  quiet.renderer = nullptr;
  const FitOutcome outcome = run_fit_job(rest, quiet);
  out.epochs = outcome.history.epochs();
  while (out.equal_epochs < std::min(out.epochs, whole.epochs()) && same_numbers(whole, outcome.history, out.equal_epochs))
    ++out.equal_epochs;
  return out;
}

}  // namespace lehr
