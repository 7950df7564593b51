#include "weights/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::size_t piece = std::size_t{1} << 20U;
// Exit codes of the child beside 0 (all written).
constexpr int threw = 3, no_memory = 4, broken_pipe = 5;

void cap(int resource, rlim_t value) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, value);
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

/// What is used now and the room on top of it. A sanitizer's shadow is all of the address space: no limit there.
void cap_memory([[maybe_unused]] std::uint64_t room) {
#ifndef LEHR_SANITIZED
  const Descriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size() - 1) : 0;
  const std::uint64_t pages = got > 0 ? std::strtoull(text.data(), nullptr, 10) : 0;
  cap(RLIMIT_AS, pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) + room);
#endif
}

[[noreturn]] void child(int descriptor, const ChildLimits& limits, const std::function<void(ChildOutput&)>& work, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(broken_pipe);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE, SIGALRM, SIGXCPU}) std::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);  // the parent decides
  cap(RLIMIT_CORE, 0);
  cap(RLIMIT_CPU, limits.seconds);
  cap_memory(limits.memory);
  int code = 0;
  try {
    ChildOutput out(descriptor);
    work(out);
    out.flush();
  } catch (const std::bad_alloc&) {
    code = no_memory;
  } catch (...) {
    code = threw;
  }
  _exit(code);
}

struct Ending {
  int status = 0;
  bool timed_out = false, too_much = false;
};

Ending collect(pid_t pid, int descriptor, const ChildLimits& limits, std::vector<std::byte>& out) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::seconds(6 * std::uint64_t{limits.seconds});
  Ending ending;
  std::size_t have = 0;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wait{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = left > 0 ? ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, 1000))) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && left > 0) continue;
    ending.timed_out = ready <= 0;
    if (ending.timed_out) break;
    if (out.size() - have < piece / 2) out.resize(std::max(have + piece, have + have / 2));
    const ssize_t got = ::read(descriptor, out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
    ending.too_much = have > limits.output;
    if (ending.too_much) break;
  }
  out.resize(have);
  if (ending.timed_out || ending.too_much) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &ending.status, 0) < 0 && errno == EINTR) continue;
  return ending;
}

}  // namespace

void ChildOutput::write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > piece) flush();
  if (bytes.size() <= piece) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return;
  }
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) _exit(broken_pipe);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

void ChildOutput::flush() {
  const auto bytes = std::move(buffer_);
  buffer_ = {};
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t done = ::write(descriptor_, bytes.data() + at, bytes.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) _exit(broken_pipe);
    at += static_cast<std::size_t>(done);
  }
}

std::vector<std::byte> run_in_child(const std::string& where, const std::string& what, const ChildLimits& limits,
                                    const std::function<void(ChildOutput&)>& work) {
  std::array<int, 2> ends{};
  const auto cannot = [&](const char* step) {
    throw Error({.category = Category::failed, .where = where, .what = std::string(step) + " failed (" + std::strerror(errno) + ")"});
  };
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannot("pipe");
  const Descriptor in(ends[0]);
  Descriptor out(ends[1]);
  ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(piece));  // fewer switches; a refusal costs only time
  const pid_t parent = ::getpid(), pid = ::fork();
  if (pid < 0) cannot("fork");
  if (pid == 0) child(ends[1], limits, work, parent);
  out.close();

  std::vector<std::byte> bytes;
  const Ending end = collect(pid, in.get(), limits, bytes);
  if (!end.timed_out && !end.too_much && WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0) return bytes;
  std::string how = "crashed";
  if (end.timed_out || (WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGXCPU))
    how = "did not end";
  else if (end.too_much)
    how = "gave more than it may";
  else if (WIFEXITED(end.status) && WEXITSTATUS(end.status) == no_memory)
    how = "needed more memory than the file is worth";
  throw Error(
      {.category = Category::data, .where = where, .what = what + " " + how, .hint = "The file is damaged; fetch or write it again."});
}

}  // namespace lehr
