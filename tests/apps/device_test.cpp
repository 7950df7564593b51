// --device: what is said where there is no GPU, no driver or one that is too old, in this build and with drivers made for the test.
#include <doctest/doctest.h>

#include "engine/json.h"
#include "kernels/devices.h"
#include "tests/check/command.h"

using namespace lehr;

namespace {

const std::string fit = "fit --model 'flatten | dense(10, softmax)' --data digits --epochs 1";

/// Settings that put a driver of tests/cuda/fakes in front of this machine's own.
std::string with_driver(const std::string& fake) { return "LD_LIBRARY_PATH='" LEHR_BINARY_DIR "/tests/fakes/" + fake + "'"; }

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

/// --device cuda is exit 4, and auto runs on the CPU with one line that says the same.
void falls_back(const std::string& settings, const std::string& why) {
  const Folder folder;
  const Result asked = command(folder, fit + " --device cuda", settings);
  CHECK(asked.code == 4);
  CHECK_MESSAGE(says(asked.err, why), asked.err);
  const Result automatic = command(folder, fit, settings);
  CHECK(automatic.code == 0);
  const std::string said = automatic.out + automatic.err, line = "no GPU is used: " + why;
  CHECK_MESSAGE(says(said, line), said);
  CHECK(said.find(line) == said.rfind(line));
}

}  // namespace

TEST_CASE("--device: words that name no device") {
  const Folder folder;
  for (const char* word : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"}) {
    CAPTURE(word);
    const Result r = command(folder, fit + " --device " + word);
    CHECK(r.code == 2);
    CHECK(says(r.err, "cuda:INDEX"));
  }
}

TEST_CASE("--device cuda:7: there is no such GPU, exit 4") {
  const Folder folder;
  const Result r = command(folder, fit + " --device cuda:7 --json");
  CHECK(r.code == 4);
  CHECK(JsonValue::parse(r.out).at("error").at("where").string() == "--device cuda:7");
}

TEST_CASE("--device without a driver, with one that is too old, with one that sees no GPU") {
  if (!with_cuda()) return;
  if (cuda_machine().devices.empty()) falls_back("", cuda_machine().missing);
  falls_back(with_driver("old_driver"), "the NVIDIA driver is for CUDA 11.4, this program needs 13.0 or newer");
  falls_back(with_driver("no_device"), "the NVIDIA driver sees no GPU");
}

TEST_CASE("--device auto and cpu: nothing is said where nothing is missing") {
  const Folder folder;
  for (const std::string device : {"cpu", "auto"}) {
    if (device == "auto" && with_cuda()) continue;
    const Result r = command(folder, fit + " --device " + device);
    CHECK(r.code == 0);
    CHECK(!says(r.out + r.err, "GPU"));
    CHECK(!says(r.out + r.err, "CUDA"));
  }
}

TEST_CASE("devices: what is here, and why what is not here is not") {
  const Folder folder;
  const Result r = command(folder, "devices --json");
  REQUIRE(r.code == 0);
  const auto document = JsonValue::parse(r.out);
  CHECK(document.at("cpu").at("threads").number() >= 1);
  CHECK(document.at("cpu").at("bandwidth_gb_s").number() > 0.1);
  const bool none = document.at("cuda").size() == 0;
  CHECK(document.at("chosen").string() == (none ? "cpu" : "cuda:0"));
  if (none) CHECK(document.at("cuda_missing").string() == cuda_machine().missing);
  if (with_cuda())
    for (const auto& library : document.at("libraries").elements()) {  // a version and its file, or why there is none
      CHECK(says("cuDNN cuBLASLt NCCL", library.at("name").string()));
      CHECK((library.find("version") != nullptr) == (library.find("missing") == nullptr));
    }
  if (with_cuda()) CHECK(document.at("libraries").elements().back().at("name").string() == "NCCL");
  CHECK(says(command(folder, "devices").out, none ? "cuda   none: " + cuda_machine().missing : "compute capability"));
  if (!with_cuda()) return;
  CHECK(says(command(folder, "devices", with_driver("old_driver")).out, "cuda   none: the NVIDIA driver is for CUDA 11.4"));
  const std::string old = command(folder, "devices", "LEHR_CUDA_PATH='" LEHR_BINARY_DIR "/tests/fakes/old_cudnn'").out;
  CHECK_MESSAGE(says(old, "cuDNN     none: a cuDNN of another version: 8.9.5"), old);
  const std::string mixed = command(folder, "devices", "LEHR_CUDA_PATH='" LEHR_BINARY_DIR "/tests/fakes/mixed_cudnn'").out;
  CHECK_MESSAGE(says(mixed, "cuDNN     none: its files are of several versions: "), mixed);
  CHECK_MESSAGE(says(mixed, "mixed_cudnn/libcudnn.so.9 is 9.19.0, libcudnn_ops.so.9 is 9.1.0\n"), mixed);
}
