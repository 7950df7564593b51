// Files are the old one or the new one: whatever the disk does, and whenever the program dies.
#include "engine/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::size_t files_in(const std::string& folder) {
  const std::filesystem::directory_iterator begin(folder);
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator{}));
}

/// Files may not grow beyond `bytes` while it lives: as on a full disk, writes fail in the middle.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a write that fails leaves the old file and nothing beside it") {
  const TemporaryFolder folder;
  const std::string path = folder.write("weights.npz", "old");
  {
    const FileSizeLimit limit(1000);
    const std::string message = data_error([&] { write_file_atomically(path, std::string(5000, 'x')); });
    CHECK(mentions(message, path));
  }
  CHECK(read_file(path) == "old");
  CHECK(files_in(folder.path()) == 1);
  write_file_atomically(path, std::string(5000, 'x'));
  CHECK(read_file(path) == std::string(5000, 'x'));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a program killed while it writes leaves whole files, and what it left over can be removed") {
  const TemporaryFolder folder;
  const std::string path = folder.write("checkpoint.lehr", "old");
  const std::string first(300'000, 'a'), second(300'000, 'b');
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(60);
      while (true) {
        write_file_atomically(path, first);
        write_file_atomically(path, second);
      }
    }
    usleep(static_cast<useconds_t>(1000 + round * 371));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::string text = read_file(path);
    const bool whole = text == "old" || text == first || text == second;
    CHECK(whole);
  }
  const auto mine = {folder.write("notes.tmp-3", "a user's"), folder.write("x.tmp-1-y", "a user's"), folder.write(".tmp-1-2", "a user's")};
  remove_unfinished(folder.path());
  CHECK(files_in(folder.path()) == 1 + mine.size());
  remove_unfinished(folder / "no-such-folder");
}
