#include "engine/data/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

namespace {

[[noreturn]] void fail(const std::string& file, const std::string& what, int error, std::string hint = {}) {
  throw Error({.category = Category::data, .where = file, .what = what + " (" + std::strerror(error) + ")", .hint = std::move(hint)});
}

}  // namespace

std::vector<std::byte> read_bytes(const std::string& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) fail(file, "cannot be opened", errno);
  struct stat info{};
  if (::fstat(in.get(), &info) != 0) fail(file, "cannot be read", errno);
  if (!S_ISREG(info.st_mode))
    throw Error({.category = Category::data,
                 .where = file,
                 .what = S_ISDIR(info.st_mode) ? "is a folder" : "is no regular file",
                 .expected = "a file"});
  std::vector<std::byte> out(static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)));
  std::size_t have = 0;
  while (true) {
    if (have == out.size()) {
      // Files may grow, and those in /proc claim size 0: one probe tells.
      std::byte probe{};
      const ssize_t more = ::read(in.get(), &probe, 1);
      if (more == 0) return out;
      if (more < 0 && errno != EINTR) fail(file, "cannot be read", errno);
      if (more == 1) {
        out.push_back(probe);
        ++have;
        out.resize(out.size() + 65536);
      }
    } else {
      const ssize_t got = ::read(in.get(), out.data() + have, out.size() - have);
      if (got < 0 && errno != EINTR) fail(file, "cannot be read", errno);
      if (got == 0) {
        out.resize(have);
        return out;
      }
      if (got > 0) have += static_cast<std::size_t>(got);
    }
  }
}

void write_bytes(const std::string& file, std::span<const std::byte> bytes) {
  const std::string beside = file + ".tmp" + std::to_string(::getpid());
  Descriptor out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (out.get() < 0) fail(file, "cannot be written", errno);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(out.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int error = errno;
      ::unlink(beside.c_str());
      fail(file, "cannot be written", error, error == ENOSPC ? "Free some space and run it again; nothing was changed." : "");
    }
    done += static_cast<std::size_t>(put);
  }
  if (!out.close() || ::rename(beside.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail(file, "cannot be written", error);
  }
}

}  // namespace lehr
