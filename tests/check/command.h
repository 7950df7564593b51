// command.h: the built command as a script meets it: run in a folder of its own, with exit code, stdout and stderr.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "engine/atomic_file.h"

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lehr-test-").string() + std::string(6, 'X');  // as mkdtemp wants it
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
};

struct Result {
  int code = -1;
  std::string out, err;
};

/// Arguments as a shell reads them; `prefix` goes before the program: settings, `timeout 3`.
inline Result command(const Folder& folder, const std::string& arguments, const std::string& prefix = "",
                      const std::string& program = LEHR_BINARY_DIR "/lehr") {
  const auto out = folder.path / "stdout.txt", err = folder.path / "stderr.txt";
  const std::string line = "cd '" + folder.path.string() + "' && " + prefix + " '" + program + "' " + arguments + " >'" + out.string() +
                           "' 2>'" + err.string() + "' </dev/null";
  const int status = std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe): one test at a time
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .out = lehr::read_file(out), .err = lehr::read_file(err)};
}
