#include "engine/data/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

namespace {

[[noreturn]] void fail(const std::string& file, const std::string& what, int error) {
  throw Error({.category = Category::data, .where = file, .what = what + " (" + std::strerror(error) + ")"});
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

}  // namespace lehr
