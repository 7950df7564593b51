// Whole models that real Keras saved (make_golden.py), with inputs and what Keras's predict gave for them: from either file, in one go.
#include <doctest/doctest.h>

#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/npy.h"
#include "tests/check/golden.h"
#include "tests/check/temporary_folder.h"
#include "tune/model.h"
#include "weights/convert.h"
#include "weights/model_file.h"

using namespace lehr;

namespace {

const std::string models = LEHR_TESTS_DIR "/golden/models/";

/// The model in NAME.FORMAT, given NAME_x.npy, says NAME_y.npy.
void predicts_as_recorded(check::Book& book, const std::string& name, const std::string& format) {
  CAPTURE(name);
  Model model(network_of_file(models + name + format), {});
  const Array y = model.predict(read_npy(models + name + "_x.npy")), want = read_npy(models + name + "_y.npy");
  REQUIRE(y.shape() == want.shape());
  const std::vector<float> got(y.as<float>().begin(), y.as<float>().end()), expected(want.as<float>().begin(), want.as<float>().end());
  const double used = check::distance(got, expected) / 2e-6;
  CHECK_MESSAGE(used <= 1, name, ": ", 100 * used, " % of the tolerance");
  book.ran(name, used);
}

}  // namespace

TEST_CASE("golden: models that Keras saved predict what Keras predicted") {
  check::Book book("models");
  for (const char* name : {"augmented", "lecture", "mlp", "nested", "options", "resnet"}) predicts_as_recorded(book, name, ".keras");
  book.close("models that Keras saved");
}

TEST_CASE("a model of many options comes back from ONNX as it was") {
  const TemporaryFolder folder;
  const std::string file = models + "options";
  Model keras(network_of_file(file + ".keras"), {});
  const Array x = read_npy(file + "_x.npy"), want = keras.predict(x);
  convert_weights(file + ".keras", folder / "options.onnx");
  Model back(network_of_file(folder / "options.onnx"), {});
  const Array y = back.predict(x);
  REQUIRE(y.shape() == want.shape());
  for (std::size_t i = 0; i < y.count(); ++i) CHECK(y.as<float>()[i] == doctest::Approx(want.as<float>()[i]).epsilon(1e-6));
}

TEST_CASE("golden: a model as PyTorch's exporter lays it down, its weights in a file beside it, predicts what PyTorch predicted") {
  check::Book book("models");
  for (const char* name : {"torch", "ceil"}) predicts_as_recorded(book, name, ".onnx");
  book.close("models that PyTorch exported");
  const std::string file = models + "torch";

  // The other file is gone, cut, or named outside the model's folder: data errors that name it.
  const TemporaryFolder folder;
  const std::string graph = read_file(file + ".onnx"), numbers = read_file(file + ".onnx.data"), copy = folder / "torch.onnx";
  const auto refused = [&](const std::string& word) {
    try {
      network_of_file(copy);
      FAIL_CHECK("was not refused");
    } catch (const Error& error) {
      CHECK(error.info().category == Category::data);
      CHECK_MESSAGE(std::string(error.what()).find(word) != std::string::npos, error.what());
    }
  };
  write_file_atomically(copy, graph);
  refused("torch.onnx.data");
  std::filesystem::create_directory(folder / "torch.onnx.data");
  refused("torch.onnx.data");
  std::filesystem::remove(folder / "torch.onnx.data");
  write_file_atomically(folder / "torch.onnx.data", numbers.substr(0, numbers.size() - 200));
  refused("behind the end of its file");
  std::string elsewhere = graph;
  for (std::size_t at = 0; (at = elsewhere.find("torch.onnx.data", at)) != std::string::npos; at += 15)
    elsewhere.replace(at, 15, "../orch.nx.data");
  write_file_atomically(copy, elsewhere);
  refused("outside the model's folder");
}
