#include "tune/study/command_trial.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "tune/study/shell_word.h"

namespace lehr {

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

/// A shell command in a process group of its own, its output read line by line.
class Program {
 public:
  explicit Program(const std::string& command) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw Error({.what = "no pipe for --command"});
    pid_ = fork();
    if (pid_ < 0) throw Error({.what = "no process for --command"});
    if (pid_ == 0) {
      setpgid(0, 0);
      dup2(out[1], 1);
      dup2(err[1], 2);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (!ended_) stop(SIGKILL);
    close(out_);
    close(err_);
  }

  void stop(int signal) const { kill(-pid_, signal); }

  /// Calls `line` for every line of stdout and `tick` ten times a second; the exit status.
  int run(const std::function<void(const std::string&)>& line, const std::function<void()>& tick) {
    pollfd files[2] = {{.fd = out_, .events = POLLIN, .revents = 0}, {.fd = err_, .events = POLLIN, .revents = 0}};
    std::string pending;
    while (files[0].fd >= 0 || files[1].fd >= 0) {
      poll(files, 2, 100);
      tick();
      for (auto& f : files) {
        if (f.fd < 0 || f.revents == 0) continue;
        char buffer[4096];
        const ssize_t n = read(f.fd, buffer, sizeof buffer);
        if (n <= 0) {
          f.fd = -1;
        } else if (f.fd == err_) {
          errors_.append(buffer, static_cast<std::size_t>(n));
          if (errors_.size() > 4000) errors_.erase(0, errors_.size() - 2000);
        } else {
          pending.append(buffer, static_cast<std::size_t>(n));
          for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            line(pending.substr(0, end));
            pending.erase(0, end + 1);
          }
        }
      }
    }
    if (!pending.empty()) line(pending);
    int status = 0;
    waitpid(pid_, &status, 0);
    ended_ = true;
    return status;
  }
  const std::string& errors() const { return errors_; }

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  bool ended_ = false;
  std::string errors_;
};

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const auto begin = text.rfind('\n');
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

struct Outcome {
  std::vector<double> values;
  std::string reason;
  bool pruned = false, interrupted = false;
};

Outcome run_once(const std::string& command, const TrialRequest& request, const TrialWatch& watch) {
  Program program(command);
  Outcome out;
  JsonValue result;
  const auto line = [&](const std::string& text) {
    if (text.empty() || text[0] != '{') return;
    JsonValue json;
    try {
      json = JsonValue::parse(text, "a line of --command");
    } catch (const Error& e) {
      out.reason = e.what();
      return;
    }
    if (const JsonValue *step = json.find("step"), *value = json.find("value");
        step != nullptr && value != nullptr && request.objectives.size() == 1) {
      if (watch.report && !watch.report(step->integer(), value->number()) && !out.pruned) {
        out.pruned = true;
        program.stop(SIGTERM);
      }
    } else {
      result = std::move(json);
    }
  };
  bool stopped = false;
  const auto tick = [&] {
    if (stopped || !((watch.interrupted && watch.interrupted()) || (watch.out_of_time && watch.out_of_time()))) return;
    stopped = true;
    out.interrupted = watch.interrupted && watch.interrupted();
    out.pruned = !out.interrupted;
    program.stop(SIGTERM);
  };
  const int status = program.run(line, tick);
  if (out.pruned || out.interrupted) return out;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    out.reason =
        WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status)) : "killed by signal " + std::to_string(WTERMSIG(status));
    if (const std::string last = last_line(program.errors()); !last.empty()) out.reason += ": " + last;
    return out;
  }
  for (const auto& o : request.objectives) {
    const JsonValue* value = result.find(o.name);
    if (value == nullptr && request.objectives.size() == 1) value = result.find("value");
    if (value == nullptr || !(value->is_number() || value->is_null())) {
      out.reason = "the program printed no line of JSON with \"" + o.name + "\"";
      out.values.clear();
      return out;
    }
    out.values.push_back(value->number());
  }
  return out;
}

}  // namespace

TrialResult run_command_trial(const std::string& command, const JsonValue& params, const TrialRequest& request, const TrialWatch& watch) {
  TrialResult out;
  out.values.assign(request.objectives.size(), 0);
  const std::int64_t folds = std::max<std::int64_t>(request.folds, 1), runs = folds * request.executions;
  TrialWatch quiet = watch;
  if (runs > 1) quiet.report = {};
  for (std::int64_t i = 0; i < runs; ++i) {
    std::string line = replaced(command, "{params}", shell_word(params.text()));
    line = replaced(replaced(line, "{folds}", std::to_string(folds)), "{fold}", std::to_string(i % folds));
    const Outcome one = run_once(line, request, quiet);
    if (one.interrupted || one.pruned) {
      out.interrupted = one.interrupted;
      out.state = TrialState::pruned;
      out.values.clear();
      return out;
    }
    for (std::size_t k = 0; k < one.values.size(); ++k) out.values[k] += one.values[k] / static_cast<double>(runs);
    const bool number = !one.values.empty() && !std::isnan(one.values[0]);
    if (number) out.runs.push_back(one.values[0]);
    if (number) continue;
    out.state = TrialState::fail;
    out.reason = one.reason.empty() ? "the result is no number" : one.reason;
    out.values.clear();
    return out;
  }
  return out;
}

}  // namespace lehr
