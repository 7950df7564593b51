// The command on the executor as its GPU (tests/simt/CMakeLists.txt): what is said and done where cuDNN, cuBLASLt or NCCL is there, absent or
// another than it should be. The executor looks for them in LEHR_CUDA_PATH alone, so that nothing of this machine's comes between.
#ifdef LEHR_ON_EXECUTOR
#include <doctest/doctest.h>

#include <algorithm>

#include "engine/json.h"
#include "tests/check/command.h"

using namespace lehr;

namespace {

const std::string fit = "fit --model 'flatten | dense(8, relu) | dense(10, softmax)' --data digits --epochs 1 --batch-size 512";

/// Libraries of tests/cuda/fakes, one folder after the other.
Result on_executor(const Folder& folder, const std::string& arguments, const std::string& fakes = {}) {
  std::string path;
  for (std::size_t begin = 0; begin < fakes.size();) {
    const std::size_t end = std::min(fakes.find(' ', begin), fakes.size());
    path += (path.empty() ? "" : ":") + std::string(LEHR_BINARY_DIR "/tests/fakes/") + fakes.substr(begin, end - begin);
    begin = end + 1;
  }
  return command(folder, arguments, "LEHR_CUDA_PATH='" + path + "' ASAN_OPTIONS=detect_leaks=0 OMP_WAIT_POLICY=passive", LEHR_ON_EXECUTOR);
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }
bool says_once(const std::string& text, const std::string& words) { return says(text, words) && text.find(words) == text.rfind(words); }

/// A field of the document that `--json` gives for an error.
std::string field(const Result& r, const char* name) { return JsonValue::parse(r.out).at("error").at(name).string(); }

}  // namespace

TEST_CASE("a GPU without cuDNN and cuBLASLt: lehr's own kernels train, with one line; --conv cudnn is exit 4 and names the file") {
  const Folder folder;
  const Result trained = on_executor(folder, fit + " --device cuda --run one");
  CHECK_MESSAGE(trained.code == 0, trained.err);
  const std::string said = trained.out + trained.err;
  CHECK_MESSAGE(says_once(said,
                          "convolutions and products run on lehr's own kernels: cuDNN: its library was not found; cuBLASLt: its library "
                          "was not found"),
                said);
  const Result asked = on_executor(folder, fit + " --device cuda --conv cudnn --run two --json");
  CHECK(asked.code == 4);
  CHECK(field(asked, "where") == "cuDNN");
  CHECK(says(field(asked, "expected"), "libcudnn.so.9"));
  CHECK(says(field(asked, "hint"), "LEHR_CUDA_PATH"));
  const Result ours = on_executor(folder, fit + " --device cuda --conv ours --run three");
  CHECK(ours.code == 0);
  CHECK_MESSAGE(says_once(ours.out + ours.err, "products run on lehr's own kernels: cuBLASLt: its library was not found"),
                (ours.out + ours.err));
}

TEST_CASE(
    "a GPU with a cuDNN of another version, or of mixed ones: left out with one line; --conv cudnn is exit 4 and says both versions") {
  const Folder folder;
  const Result old = on_executor(folder, fit + " --device cuda --run one", "old_cudnn host_cublaslt");
  CHECK_MESSAGE(old.code == 0, old.err);
  CHECK_MESSAGE(says_once(old.out + old.err, "convolutions run on lehr's own kernels: "), (old.out + old.err));
  CHECK_MESSAGE(says(old.out + old.err, "old_cudnn/libcudnn.so.9: a cuDNN of another version (8.9.5)"), (old.out + old.err));
  const Result asked = on_executor(folder, fit + " --device cuda --conv cudnn --run two", "old_cudnn");
  CHECK(asked.code == 4);
  CHECK_MESSAGE((says(asked.err, "8.9.5") && says(asked.err, "old_cudnn/libcudnn.so.9")), asked.err);
  const Result mixed = on_executor(folder, fit + " --device cuda --conv cudnn --run three", "mixed_cudnn");
  CHECK(mixed.code == 4);
  CHECK_MESSAGE(says(mixed.err, "libcudnn_ops.so.9 is 9.1.0"), mixed.err);
}

TEST_CASE("a GPU's index that is not there: exit 4 with those that are") {
  const Folder folder;
  const Result r = on_executor(folder, fit + " --device cuda:7 --json");
  CHECK(r.code == 4);
  CHECK(field(r, "what") == "there is no such GPU");
  CHECK(field(r, "expected") == "cuda:0");
}

TEST_CASE("devices: who convolves and multiplies on each GPU, and every library with its version or the reason") {
  const Folder folder;
  const Result with = on_executor(folder, "devices --json", "host_cublaslt nccl");
  REQUIRE_MESSAGE(with.code == 0, with.err);
  const auto document = JsonValue::parse(with.out);
  CHECK(document.at("chosen").string() == "cuda:0");
  const auto& gpu = document.at("cuda").elements()[0];
  CHECK(gpu.at("convolutions").string() == "lehr's own kernels");
  CHECK(gpu.at("products").string() == "cuBLASLt 13.0.0");
  const auto& libraries = document.at("libraries").elements();
  REQUIRE(libraries.size() == 3);
  CHECK(libraries[0].at("name").string() == "cuDNN");
  CHECK(libraries[0].at("missing").string() == "its library was not found");
  CHECK(libraries[1].at("version").string() == "13.0.0");
  CHECK(libraries[2].at("name").string() == "NCCL");
  CHECK(libraries[2].at("version").string() == "2.28.9");
  CHECK(says(libraries[2].at("file").string(), "nccl/libnccl.so.2"));

  const std::string text = on_executor(folder, "devices", "host_cublaslt").out;
  for (const char* line : {"convolutions: lehr's own kernels; products: cuBLASLt 13.0.0",
                           "convolutions run on lehr's own kernels: cuDNN: its library", "NCCL      none: its library was not found"})
    CHECK_MESSAGE(says(text, line), text);
  CHECK(says(on_executor(folder, "devices").out, "convolutions: lehr's own kernels; products: lehr's own kernels"));
}

TEST_CASE("summary --plan: who computes each convolution and product, with the library and without") {
  const Folder folder;
  const std::string summary =
      "summary 'conv2d(8, 3) | flatten | dense(8, relu) | dense(10, softmax)' --input-shape 8x8x1 --plan --device cuda";
  const Result with = on_executor(folder, summary, "host_cublaslt"), without = on_executor(folder, summary);
  REQUIRE_MESSAGE(with.code == 0, with.err);
  for (const char* words : {"cuBLASLt 13.0.0", "ours, registers", "dense d kernel, d bias", "dense d input, relu"})
    CHECK_MESSAGE(says(with.out, words), with.out);
  REQUIRE(without.code == 0);
  CHECK(says(without.out, "ours, registers"));
  for (const char* words : {"cuBLASLt", "d bias of", "dense d input, relu"}) CHECK_MESSAGE(!says(without.out, words), without.out);
}

TEST_CASE("fit and predict on a GPU with cuBLASLt give what the CPU gives, through files") {
  const Folder folder;
  const std::string how = " --epochs 3 --batch-size 256 --learning-rate 0.01 --json --run ";
  const std::string base = "fit --model 'flatten | dense(16, relu) | dense(10, softmax)' --data digits";
  const Result there = on_executor(folder, base + how + "gpu --device cuda", "host_cublaslt"),
               here = command(folder, base + how + "cpu --device cpu");
  REQUIRE_MESSAGE(there.code == 0, there.err);
  REQUIRE(here.code == 0);
  const auto last = [](const Result& r) { return JsonValue::parse(r.out).at("history").at("loss").elements().back().number(); };
  CHECK(last(there) == doctest::Approx(last(here)).epsilon(1e-3));
  CHECK(JsonValue::parse(there.out).at("device").string() != JsonValue::parse(here.out).at("device").string());
  const Result evaluated = command(folder, "evaluate gpu --json");
  CHECK_MESSAGE(evaluated.code == 0, evaluated.err);
}
#endif
