#include "engine/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "engine/descriptor.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

constexpr const char* full = "The disk is full; the old file is unchanged.";

[[noreturn]] void fail(const fs::path& path, const char* what, int error) {
  std::string hint;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) hint = full;
  if (error == EACCES || error == EPERM || error == EROFS) hint = "Choose a folder that you may write to with --run.";
  throw Error(
      {.category = Category::data, .where = path.string(), .what = std::string(what) + " (" + std::strerror(error) + ")", .hint = hint});
}

/// 0 or errno.
int write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

constexpr std::string_view unfinished = ".tmp-";  // then the process, '-', and the time

/// A new file beside the target that no other process or thread has; its name comes back.
Descriptor create_beside(const fs::path& path, std::string& name) {
  for (int attempt = 0;; ++attempt) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    name = path.string() + std::string(unfinished) + std::to_string(::getpid()) + "-" + std::to_string(now);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return Descriptor(fd);
    if (errno != EEXIST || attempt == 100) fail(path, "cannot be written", errno);
  }
}

/// The rename itself reaches the disk with its folder.
void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

void write_beside_and_rename(const fs::path& path, std::span<const std::span<const std::byte>> pieces, bool to_disk) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  std::string temporary;
  Descriptor fd = create_beside(path, temporary);
  const auto give_up = [&](int reason) {
    ::unlink(temporary.c_str());
    fail(path, "cannot be written", reason);
  };
  for (const auto bytes : pieces)
    if (const int reason = write_all(fd.get(), bytes)) give_up(reason);
  if ((to_disk && ::fsync(fd.get()) != 0) || !fd.close()) give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) give_up(errno);
  if (to_disk) sync_folder(path.parent_path());
}

}  // namespace

void write_file_atomically(const fs::path& path, std::span<const std::span<const std::byte>> pieces) {
  write_beside_and_rename(path, pieces, true);
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) { write_file_atomically(path, std::span(&bytes, 1)); }

void write_file_atomically(const fs::path& path, std::string_view text) { write_file_atomically(path, bytes_of(text)); }

void replace_file(const fs::path& path, std::span<const std::byte> bytes) { write_beside_and_rename(path, std::span(&bytes, 1), false); }

void replace_file(const fs::path& path, std::string_view text) { replace_file(path, bytes_of(text)); }

bool disk_is_full(const Error& error) { return error.info().hint == full; }

void remove_unfinished(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const auto mark = name.rfind(unfinished);
    if (mark == std::string::npos || mark == 0) continue;
    const auto rest = name.substr(mark + unfinished.size());
    if (rest.find_first_not_of("0123456789-") == std::string::npos && rest.find('-') != std::string::npos) fs::remove(entry.path(), error);
  }
}

void append_to_file(const fs::path& path, std::string_view text) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (fd.get() < 0) fail(path, "cannot be written", errno);
  const off_t before = ::lseek(fd.get(), 0, SEEK_END);
  const int reason = write_all(fd.get(), bytes_of(text));
  if (reason == 0) return;
  if (before >= 0 && ::ftruncate(fd.get(), before) != 0) fail(path, "cannot be written, and ends with half of it", reason);
  fail(path, "cannot be written", reason);
}

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail(path, "cannot be read", EISDIR);
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path, "cannot be read", errno);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

}  // namespace lehr
