// Downloads from a server on this machine: whole, broken off, continued, wrong, refused.
#include "engine/data/download.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/digest.h"
#include "engine/data/fetch.h"
#include "tests/check/data_error.h"
#include "tests/check/loopback_server.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::string content(std::size_t size) {
  std::string out(size, '\0');
  unsigned state = 7;
  for (char& c : out) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return out;
}

const std::string body = content(100'000);

struct Place {
  TemporaryFolder folder;
  std::string file = folder / "deep/er/file.bin";
  std::string digest = "sha256:" + file_digest(folder.write("same", body));
  bool empty() const { return !std::filesystem::exists(file) && !std::filesystem::exists(file + ".part"); }
};

}  // namespace

TEST_CASE("digests are those that sha256sum and md5sum print") {
  const TemporaryFolder folder;
  const std::string file = folder.write("abc", "abc");  // FIPS 180-2, appendix B.1, and RFC 1321, appendix A.5
  CHECK(file_digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(file_digest(file, "md5") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(digest_holds(file, "md5:900150983cd24fb0d6963f7d28e17f72"));
  CHECK_FALSE(digest_holds(file, "md5:900150983cd24fb0d6963f7d28e17f73"));
  CHECK(digest_holds(file, ""));
  CHECK_THROWS_AS(digest_holds(file, "900150983cd24fb0d6963f7d28e17f72"), Error);
  CHECK(mentions(data_error([&] { file_digest(folder / "none"); }), "none"));
}

TEST_CASE("download: a file arrives whole, with progress, and is not fetched again") {
  const Place at;
  const LoopbackServer server(body, {.moved_to = "elsewhere"});
  std::int64_t done = 0, total = 0;
  const DownloadHooks hooks{.progress = [&](std::int64_t d, std::int64_t t) { done = d, total = t; }};
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}, hooks) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
  CHECK(done == 100'000);
  CHECK(total == 100'000);
  const auto requests = server.starts().size();
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::already_there);
  CHECK(server.starts().size() == requests);
  std::ofstream(at.file, std::ios::app) << "damage";
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
}

TEST_CASE("download: a connection that breaks is taken up where it broke") {
  const Place at;
  const LoopbackServer server(body, {.break_after = 30'000});
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
  CHECK(server.starts() == std::vector<std::size_t>{0, 30'000, 60'000, 90'000});
}

TEST_CASE("download: a server without ranges sends all of it again") {
  const Place at;
  at.folder.write("deep/er/file.bin.part", body.substr(0, 40'000));
  const LoopbackServer server(body, {.ranges = false});
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
  CHECK(server.starts() == std::vector<std::size_t>{40'000});
}

TEST_CASE("download: a beginning that was another file's is thrown away") {
  const Place at;
  at.folder.write("deep/er/file.bin.part", std::string(40'000, 'x'));
  const LoopbackServer server(body);
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
  CHECK(server.starts() == std::vector<std::size_t>{40'000, 0});
  // And one that is longer than the file (416), or just as long and right.
  for (const auto& [had, requests] : {std::pair{std::string(200'000, 'x'), 2U}, std::pair{body, 1U}}) {
    std::filesystem::remove(at.file);
    at.folder.write("deep/er/file.bin.part", had);
    const LoopbackServer again(body);
    CHECK(download({.urls = {again.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
    CHECK(read_file(at.file) == body);
    CHECK(again.starts().size() == requests);
  }
}

TEST_CASE("download: a busy server is asked again, a missing file is not, the next address is") {
  const Place at;
  const LoopbackServer busy(body, {.failures_first = 2, .status_then = 503});
  CHECK(download({.urls = {busy.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(busy.starts().size() == 3);

  const Place other;
  const LoopbackServer without(body, {.failures_first = 9, .status_then = 404}), with(body);
  CHECK(download({.urls = {without.url("a"), with.url("b")}, .file = other.file, .digest = other.digest}) == Fetched::downloaded);
  CHECK(without.starts().size() == 1);
  CHECK(read_file(other.file) == body);
}

TEST_CASE("download: what went wrong is said for every address, and nothing is left that could be taken for the file") {
  const Place at;
  const LoopbackServer without(body, {.failures_first = 9, .status_then = 404}), wrong(content(5'000));
  const std::string said = data_error(
      [&] { download({.urls = {without.url("a"), wrong.url("b"), "file:///etc/passwd"}, .file = at.file, .digest = at.digest}); });
  CHECK(mentions(said, without.url("a") + ": the server answers 404"));
  CHECK(mentions(said, wrong.url("b") + ": what came is not the file that was published"));
  CHECK(mentions(said, "file:///etc/passwd: "));
  CHECK(at.empty());
}

TEST_CASE("download: nobody listens; somebody listens and says nothing; a cut answer stays to be continued") {
  const Place at;
  std::string closed;
  {
    const LoopbackServer gone(body);
    closed = gone.url();
  }
  CHECK(mentions(data_error([&] { download({.urls = {closed}, .file = at.file}); }), closed));
  CHECK(at.empty());
  const LoopbackServer silent(body, {.silent = true});
  CHECK(mentions(data_error([&] { download({.urls = {silent.url()}, .file = at.file}, {.attempts = 1, .patience_s = 1}); }), silent.url()));
  CHECK(at.empty());
  // 20 bytes come, then nothing new does: the part stays.
  const LoopbackServer cut(body.substr(0, 20), {});
  const std::string said = data_error([&] { download({.urls = {cut.url()}, .file = at.file, .bytes = 100'000}, {.attempts = 1}); });
  CHECK(mentions(said, "goes on from byte 20") == std::filesystem::exists(at.file + ".part"));
}

TEST_CASE("download: an interrupt keeps what came") {
  const Place at;
  const LoopbackServer silent(body, {.silent = true});
  at.folder.write("deep/er/file.bin.part", body.substr(0, 40'000));
  try {
    download({.urls = {silent.url()}, .file = at.file, .digest = at.digest}, {.interrupted = [] { return true; }});
    FAIL("went on");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::interrupted);
  }
  CHECK(std::filesystem::file_size(at.file + ".part") == 40'000);
}

TEST_CASE("download: a disk that is full") {
  const Place at;
  const LoopbackServer server(body);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 50'000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string said = data_error([&] { download({.urls = {server.url()}, .file = at.file, .digest = at.digest}); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(mentions(said, "cannot be written"));
  CHECK_FALSE(std::filesystem::exists(at.file));
  CHECK(download({.urls = {server.url()}, .file = at.file, .digest = at.digest}) == Fetched::downloaded);
  CHECK(read_file(at.file) == body);
}

TEST_CASE("fetch_set: an unknown name, and a mirror that has another file") {
  const TemporaryFolder folder;
  try {
    fetch_set("fashion_mnis", {.folder = folder.path()});
    FAIL("there is no such set");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    CHECK(mentions(error.what(), "fashion_mnist"));
  }
  const LoopbackServer wrong(body);
  CHECK(mentions(data_error([&] { fetch_set("mnist", {.folder = folder.path(), .mirror = wrong.url("")}); }), "mnist.npz"));
}
