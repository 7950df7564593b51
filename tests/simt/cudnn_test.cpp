// cuDNN's path from the plan to the run over a library that fails where it is told to (tests/cuda/fakes/failing_cudnn.cpp): which call it was, with the
// library's own words, and what goes on without it.
#include <doctest/doctest.h>

#ifdef LEHR_WITH_CUDNN
#include <filesystem>
#include <string>

#include "engine/atomic_file.h"
#include "kernels/cuda/cudnn/execution.h"
#include "kernels/error.h"
#include "tests/check/child.h"
#include "tests/check/environment.h"
#include "tests/check/temporary_folder.h"

namespace lehr::check {
namespace {

const cudnn::ConvGraphSpec graph{.shape = {.batch = 2, .height = 8, .width = 8, .in_channels = 8, .out_channels = 16}};

EnvironmentVariable library(const std::string& fake) { return {"LEHR_CUDA_PATH", LEHR_BINARY_DIR "/tests/fakes/" + fake}; }

/// While it lives, this function fails; with one engine, or always.
class Failing {
 public:
  Failing(const std::string& function, int status, const std::string& engine = "")
      : function_("LEHR_CUDNN_FAILS", function),
        status_("LEHR_CUDNN_STATUS", std::to_string(status)),
        engine_("LEHR_CUDNN_ENGINE", engine) {}

 private:
  EnvironmentVariable function_, status_, engine_;
};

struct Opened {
  explicit Opened(bool autotune = false) : cuda(0, {.autotune = autotune}), session(cudnn::open_session(cuda)) {
    session->api->library.bind(executed_, "lehr_executed");
    executed();
  }
  std::string executed() const { return executed_(); }
  std::string choose() { return cudnn::Execution::choose(cuda, *session, graph).value().implementation(); }

  Cuda cuda;
  std::unique_ptr<cudnn::Session> session;

 private:
  const char* (*executed_)() = nullptr;
};

ErrorInfo error_of(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("it did not fail");
  return {};
}

/// A session, a plan and one run.
void all_of_it() {
  Opened opened;
  const auto execution = cudnn::Execution::choose(opened.cuda, *opened.session, graph);
  REQUIRE(execution);
  CHECK(execution->implementation() == "cuDNN 9.19.0, engine 41");
  CHECK(execution->workspace() == 64);
  execution->run({{cudnn::Uid::x, nullptr}}, nullptr);
  CHECK(opened.executed() == "41 ");
}

}  // namespace

TEST_CASE("cudnn: a library that lacks a function is an error of the device that names function and file") {
  const auto path = library("bare_cudnn");
  const ErrorInfo e = error_of([] { cudnn::Api::load(); });
  CHECK(e.category == Category::device);
  CHECK(e.what == "this version lacks a function");
  CHECK(e.expected == "cudnnGetErrorString");
  CHECK_MESSAGE(e.got.ends_with("bare_cudnn/libcudnn.so.9"), e.got);
}

TEST_CASE("cudnn: whichever call fails is named with the library's version, status and words") {
  const auto path = library("failing_cudnn");
  all_of_it();
  for (const auto& [function, call] : {std::pair<const char*, const char*>{"cudnnCreate", "create"},
                                       {"cudnnSetStream", "set stream"},
                                       {"cudnnBackendCreateDescriptor", "create descriptor"},
                                       {"cudnnBackendSetAttribute", "set attribute"},
                                       {"cudnnBackendFinalize", "finalize"},
                                       {"cudnnBackendGetAttribute", "get attribute"},
                                       {"cudnnBackendExecute", "execute"}}) {
    CAPTURE(function);
    const Failing failing(function, 1002);  // the library itself is in trouble
    const ErrorInfo e = error_of(all_of_it);
    CHECK(e.category == Category::device);
    CHECK_MESSAGE(e.where.starts_with("cuDNN 9.19.0, " + std::string(call)), e.where);
    CHECK(e.what == "status 1002");
    CHECK(e.got == "as it was told to");
    CHECK_MESSAGE(e.hint.find("failing_cudnn/libcudnn.so.9") != std::string::npos, e.hint);  // of several versions
  }
  all_of_it();
}

TEST_CASE("cudnn: an engine that does not do a problem is passed over; where none does, there is no plan, which is no error") {
  const auto path = library("failing_cudnn");
  {
    const Failing failing("cudnnBackendFinalize", 3000, "41");
    CHECK(Opened().choose() == "cuDNN 9.19.0, engine 7");
  }
  const Failing failing("cudnnBackendGetAttribute", 3000);
  CHECK_THROWS_AS(Opened().choose(), Error);  // a call that must work
}

TEST_CASE("cudnn: --autotune leaves an engine out that fails when it runs, says so in one line, and remembers the other") {
  const auto path = library("failing_cudnn");
  const TemporaryFolder folder;
  const EnvironmentVariable cache("LEHR_CACHE", folder.path());
  {
    const Failing failing("cudnnBackendExecute", 5000, "41");
    const Ending ending = in_a_child([] {
      if (Opened(true).choose() != "cuDNN 9.19.0, engine 7") throw std::runtime_error("another engine");
    });
    CHECK(ending.survived);
    CHECK(ending.words == "lehr: --autotune: engine 41 failed and is left out: cuDNN 9.19.0, execute: status 5000 (as it was told to)\n");
  }
  // The next program finds it, and measures nothing.
  Opened again(true);
  CHECK(again.choose() == "cuDNN 9.19.0, engine 7");
  CHECK(again.executed().empty());
}

TEST_CASE("cudnn: --autotune where no engine runs is an error of the device, and nothing is remembered") {
  const auto path = library("failing_cudnn");
  const TemporaryFolder folder;
  const EnvironmentVariable cache("LEHR_CACHE", folder.path());
  const Failing failing("cudnnBackendExecute", 5000);
  const Ending ending = in_a_child([] {
    const ErrorInfo e = error_of([] { Opened(true).choose(); });
    if (e.category != Category::device || e.what != "none of 2 engines runs" || e.got.find("status 5000") == std::string::npos)
      throw std::runtime_error(e.what);
  });
  CHECK_MESSAGE(ending.survived, ending.words);
  CHECK(!std::filesystem::exists(std::filesystem::path(folder.path()) / "cudnn-plans.txt"));
}

}  // namespace lehr::check
#endif
