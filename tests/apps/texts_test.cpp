// What the program prints about itself: its version, its manual page, what shells complete.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "kernels/devices.h"
#include "tests/check/command.h"

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

bool has_line(const std::string& text, const std::string& line) {
  const auto lines = lines_of(text);
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

/// What bash would offer behind these words.
std::set<std::string> completed(const Folder& folder, const std::string& words) {
  const Result r = command(folder, "help bash-completion");
  REQUIRE(r.code == 0);
  std::ofstream(folder.path / "complete.sh") << r.out + "COMP_WORDS=(" + words +
                                                    ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_lehr\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  const std::string line =
      "bash '" + (folder.path / "complete.sh").string() + "' >'" + (folder.path / "offered").string() + "' 2>&1 </dev/null";
  REQUIRE(std::system(line.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one test at a time
  const auto offered = lines_of(lehr::read_file(folder.path / "offered"));
  return {offered.begin(), offered.end()};
}

}  // namespace

TEST_CASE("lehr --version, for people and for scripts") {
  const Folder folder;
  const Result text = command(folder, "--version"), json = command(folder, "--version --json");
  CHECK(text.code == 0);
  REQUIRE(json.code == 0);
  const auto document = lehr::JsonValue::parse(json.out, "stdout");
  std::string keys;
  for (const auto& [name, value] : document.members()) keys += name + " ";
  CHECK(keys == "version commit compiler instruction_set libraries ");
  CHECK(has_line(text.out, "lehr " + document.at("version").string()));
  CHECK(has_line(text.out, "commit " + document.at("commit").string()));
  for (const char* library : {"zlib", "libcurl", "OpenSSL", "fmt"}) {
    const std::string version = document.at("libraries").at(library).string();
    CHECK(version.find('.') != std::string::npos);
    CHECK(has_line(text.out, std::string(library) + " " + version));
  }
  const lehr::JsonValue* runtime = document.at("libraries").find("CUDA runtime");
  CHECK((runtime != nullptr) == lehr::with_cuda());
  if (runtime != nullptr) {
    CHECK(std::stod(runtime->string()) >= 12);
    CHECK(has_line(text.out, "CUDA runtime " + runtime->string()));
  } else {
    CHECK(text.out.find("CUDA") == std::string::npos);
  }
}

TEST_CASE("the manual page has every command and is roff") {
  const Folder folder;
  const Result r = command(folder, "help man");
  REQUIRE(r.code == 0);
  for (const char* name :
       {"demo", "fit", "evaluate", "predict", "summary", "data fetch", "data split", "bench step", "experiment run", "help"})
    CHECK_MESSAGE(has_line(r.out, ".SS lehr " + std::string(name)), name);
  for (const char* heading : {"NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "FILES", "EXIT STATUS"})
    CHECK(r.out.find(std::string(".SH ") + heading) != std::string::npos);
  for (const std::string& line : lines_of(r.out)) {
    CAPTURE(line);
    if (line.starts_with('.'))
      CHECK(std::set<std::string>{".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".nf", ".fi"}.contains(line.substr(0, line.find(' '))));
    CHECK_FALSE(line.starts_with('\''));
  }
}

TEST_CASE("bash completes commands, flags, values and names") {
  const Folder folder;
  CHECK(completed(folder, "lehr data ''").contains("fetch"));
  CHECK(completed(folder, "lehr fit --learn") == std::set<std::string>{"--learning-rate"});
  CHECK(completed(folder, "lehr fit --model x --scale ''") == std::set<std::string>{"lecture", "laptop", "smoke"});
  CHECK(completed(folder, "lehr experiment run 16.1-c") == std::set<std::string>{"16.1-cifar-convnet"});
  CHECK(completed(folder, "lehr help adamw") == std::set<std::string>{"adamw"});
  CHECK(completed(folder, "lehr data fetch fash") == std::set<std::string>{"fashion_mnist"});
  const Result zsh = command(folder, "help zsh-completion");
  CHECK(zsh.out.starts_with("#compdef lehr\n"));
}
