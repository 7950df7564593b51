// full_disk.cpp: a disk without room, by LD_PRELOAD: under the folder $LEHR_FULL_DISK files may grow by $LEHR_FULL_DISK_BYTES in all, together and
// for each process; the write that would go beyond gets ENOSPC, as do the ways of reserving room. What is removed gives nothing back.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long long> grown{0};

bool on_that_disk(int fd) {
  const char* folder = std::getenv("LEHR_FULL_DISK");
  if (folder == nullptr) return false;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = ::readlink(link, path, sizeof path - 1);
  if (n <= 0) return false;
  path[n] = 0;
  return std::strncmp(path, folder, std::strlen(folder)) == 0;
}

/// Whether a file may reach so many bytes.
bool room_for(int fd, long long end) {
  struct stat now{};
  if (!on_that_disk(fd) || ::fstat(fd, &now) != 0 || !S_ISREG(now.st_mode) || end <= now.st_size) return true;
  const char* limit = std::getenv("LEHR_FULL_DISK_BYTES");
  const long long more = end - now.st_size, most = limit != nullptr ? std::atoll(limit) : 0;
  if (grown.fetch_add(more) + more <= most) return true;
  grown.fetch_sub(more);
  errno = ENOSPC;
  return false;
}

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

long long place(int fd) {
  struct stat now{};
  if ((::fcntl(fd, F_GETFL) & O_APPEND) != 0 && ::fstat(fd, &now) == 0) return now.st_size;
  return ::lseek(fd, 0, SEEK_CUR);
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t n) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return room_for(fd, place(fd) + static_cast<long long>(n)) ? real(fd, data, n) : -1;
}
ssize_t pwrite(int fd, const void* data, size_t n, off_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return room_for(fd, at + static_cast<long long>(n)) ? real(fd, data, n, at) : -1;
}
ssize_t pwrite64(int fd, const void* data, size_t n, off64_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return room_for(fd, at + static_cast<long long>(n)) ? real(fd, data, n, at) : -1;
}
int ftruncate64(int fd, off64_t size) {
  static const auto real = next<int (*)(int, off64_t)>("ftruncate64");
  return room_for(fd, size) ? real(fd, size) : -1;
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
  static const auto real = next<int (*)(int, off64_t, off64_t)>("posix_fallocate64");
  return room_for(fd, at + size) ? real(fd, at, size) : ENOSPC;
}

}  // extern "C"
