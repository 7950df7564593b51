// Where libraries are looked for, and what is said where they are not, or are not what they should be.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "engine/atomic_file.h"
#include "kernels/cuda/cublaslt/session.h"
#include "kernels/cuda/cudnn/session.h"
#include "kernels/cuda/libraries.h"
#include "kernels/cuda/library.h"
#include "kernels/error.h"
#include "tests/check/environment.h"
#include "tests/check/temporary_folder.h"
#include "tests/cuda/profiles.h"

using namespace lehr;
namespace fs = std::filesystem;

namespace {

using Variable = check::EnvironmentVariable;

/// The message of the Error that opening gives.
ErrorInfo refusal(const cuda::LibraryNames& names) {
  try {
    const cuda::Library library(names);
  } catch (const Error& e) {
    return e.info();
  }
  FAIL("it opened");
  return {};
}

}  // namespace

TEST_CASE("libraries: one that is nowhere is named, with every folder that was searched") {
  const Variable path("LEHR_CUDA_PATH", "/nowhere/one:/nowhere/two");
  const ErrorInfo info = refusal({.name = "cuDNN", .sonames = {"libcudnn_of_nobody.so.9", "libcudnn_of_nobody.so.8"}});
  CHECK(info.category == Category::device);
  for (const char* part :
       {"libcudnn_of_nobody.so.9 or libcudnn_of_nobody.so.8", "/nowhere/one", "/nowhere/two/lib64", "the system's folders"})
    CHECK_MESSAGE(info.expected.find(part) != std::string::npos, info.expected);
  CHECK(info.hint.find("LEHR_CUDA_PATH") != std::string::npos);
}

TEST_CASE("libraries: a damaged file is named with the loader's reason, and a good one further on still opens") {
  const TemporaryFolder folder;
  const fs::path root = folder.path(), bad = root / "bad", good = root / "good" / "lib";
  fs::create_directories(good);
  write_file_atomically(bad / "libz.so.1", "not a library");
  {
    const Variable path("LEHR_CUDA_PATH", bad.string());
    write_file_atomically(bad / "libmine.so.1", "not a library");
    const ErrorInfo info = refusal({.name = "mine", .sonames = {"libmine.so.1"}});
    CHECK(info.what.find("could not be loaded") != std::string::npos);
    CHECK_MESSAGE(info.got.find("libmine.so.1") != std::string::npos, info.got);
  }
  const cuda::Library system({.name = "zlib", .sonames = {"libz.so.1"}});
  fs::copy(system.file(), good / "libz_of_lehr.so.1");
  write_file_atomically(bad / "libz_of_lehr.so.1", "not a library");
  const Variable path("LEHR_CUDA_PATH", bad.string() + ":" + good.parent_path().string());
  const cuda::Library found({.name = "zlib", .sonames = {"libz_of_lehr.so.1"}});
  CHECK(found.file() == good / "libz_of_lehr.so.1");
}

TEST_CASE("libraries: the order is LEHR_CUDA_PATH, the loader's own, Python's wheels, the system") {
  const TemporaryFolder folder;
  const fs::path wheel = fs::path(folder.path()) / "venv" / "lib" / "python3.11" / "site-packages" / "nvidia" / "cudnn" / "lib";
  fs::create_directories(wheel);
  const Variable path("LEHR_CUDA_PATH", "/mine"), environment("VIRTUAL_ENV", (fs::path(folder.path()) / "venv").string());
  const auto folders = cuda::library_folders();
  const auto position = [&](const fs::path& what) { return std::ranges::find(folders, what) - folders.begin(); };
  CHECK(folders.front() == "/mine");
  CHECK(position("/mine/lib") < position(wheel));
  CHECK(position(wheel) < position(""));
  CHECK(position("") < position("/usr/local/cuda/lib64"));
  CHECK(position("/usr/local/cuda/lib64") < static_cast<std::ptrdiff_t>(folders.size()));
}

TEST_CASE("libraries: a function that a version lacks is named") {
  const cuda::Library zlib({.name = "zlib", .sonames = {"libz.so.1"}});
  const char* (*version)() = nullptr;
  zlib.bind(version, "zlibVersion");
  CHECK(std::string(version()).starts_with("1."));
  CHECK_THROWS_WITH_AS(zlib.bind(version, "zlibDoesNotHaveThis"), doctest::Contains("zlibDoesNotHaveThis"), Error);
  zlib.bind_optional(version, "zlibDoesNotHaveThis");
  CHECK((version == nullptr));
}

TEST_CASE("cudnn: another major version is refused with both versions") {
  CHECK(cudnn::version_text(91900) == "9.19.0");
  CHECK(cudnn::version_text(8905) == "8.9.5");
  CHECK_NOTHROW(cudnn::check_version(90100, "libcudnn.so.9"));
  for (const std::size_t version : {8905UL, 100000UL}) {
    CAPTURE(version);
    CHECK_THROWS_WITH_AS(cudnn::check_version(version, "/lib/libcudnn.so.9"), doctest::Contains(cudnn::version_text(version).c_str()),
                         Error);
    CHECK_THROWS_WITH_AS(cudnn::check_version(version, "/lib/libcudnn.so.9"), doctest::Contains("/lib/libcudnn.so.9"), Error);
  }
}

namespace {

/// A cuDNN of tests/cuda/fakes in front of every other.
Variable fake_cudnn(const std::string& name) { return {"LEHR_CUDA_PATH", LEHR_BINARY_DIR "/tests/fakes/" + name}; }

std::shared_ptr<cublaslt::Session> no_cublaslt() {
  throw Error({.category = Category::device, .where = "cuBLASLt", .what = "its library was not found"});
}
std::shared_ptr<cudnn::Session> start_cudnn() {
  const auto api = cudnn::Api::load();
  return std::make_shared<cudnn::Session>(cudnn::Session{.api = api, .handle = cudnn::open_handle(api), .target = {}});
}

}  // namespace

TEST_CASE("libraries: a cuDNN whose files are of several versions does not start, and says where they are") {
  const Variable path = fake_cudnn("mixed_cudnn");
  try {
    start_cudnn();
    FAIL("it started");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    CHECK(error.info().what == "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH");
    CHECK(error.info().got == "libcudnn_ops.so.9 is 9.1.0");
    CHECK_MESSAGE(error.info().hint.find("fakes/mixed_cudnn/libcudnn.so.9") != std::string::npos, error.info().hint);
  }
}

TEST_CASE("libraries: a list says in one line that cuDNN's files are of several versions, and finds nothing wrong with an installation") {
  {
    const Variable path = fake_cudnn("mixed_cudnn");
    const DeviceLibrary listed = cuda_libraries().front();
    CHECK(listed.name == "cuDNN");
    CHECK(listed.version.empty());
    CHECK_MESSAGE(listed.missing.starts_with("its files are of several versions: "), listed.missing);
    for (const char* part : {"fakes/mixed_cudnn/libcudnn.so.9 is 9.19.0", "libcudnn_ops.so.9 is 9.1.0"})
      CHECK_MESSAGE(listed.missing.find(part) != std::string::npos, listed.missing);
    CHECK(listed.missing.find('\n') == std::string::npos);
  }
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  CHECK_NOTHROW(cudnn::check_files(*api));
  const DeviceLibrary listed = cuda_libraries().front();
  CHECK(listed.missing.empty());
  CHECK(listed.version == api->version_text());
}

TEST_CASE("libraries: what cannot be opened is left to our own kernels with one line; --conv cudnn insists, --conv ours does not ask") {
  for (const auto& [fake, why] :
       {std::pair<std::string, std::string>{"old_cudnn", "8.9.5"}, {"mixed_cudnn", "libcudnn_ops.so.9 is 9.1.0"}}) {
    CAPTURE(fake);
    const Variable path = fake_cudnn(fake);
    CudaLibraries libraries;
    const std::string line = open_libraries(libraries, {}, {.cudnn = start_cudnn, .cublaslt = no_cublaslt});
    CHECK(line.starts_with("convolutions and products run on lehr's own kernels: "));
    for (const std::string& part : {why, std::string("cuBLASLt: its library was not found")})
      CHECK_MESSAGE(line.find(part) != std::string::npos, line);
    CHECK(line.find('\n') == std::string::npos);
    CHECK((libraries.cudnn == nullptr && libraries.cublaslt == nullptr));
    CHECK_THROWS_AS(open_libraries(libraries, {.convolutions = Variant::library}, {.cudnn = start_cudnn, .cublaslt = no_cublaslt}), Error);
    CHECK(open_libraries(libraries, {.convolutions = Variant::ours}, {.cudnn = start_cudnn, .cublaslt = no_cublaslt}) ==
          "products run on lehr's own kernels: cuBLASLt: its library was not found");
  }
  CudaLibraries libraries;
  const auto opened = [] { return std::make_shared<cudnn::Session>(); };
  CHECK(open_libraries(libraries, {}, {.cudnn = opened, .cublaslt = [] { return std::make_shared<cublaslt::Session>(); }}).empty());
  CHECK((libraries.cudnn != nullptr && libraries.cublaslt != nullptr));
}
