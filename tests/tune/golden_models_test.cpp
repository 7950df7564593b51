// Whole models that real Keras saved (make_golden.py), with inputs and what Keras's predict gave for them: from either file, in one go.
#include <doctest/doctest.h>

#include "engine/data/npy.h"
#include "tests/check/golden.h"
#include "tune/model.h"
#include "weights/model_file.h"

using namespace lehr;

TEST_CASE("golden: models that Keras saved predict what Keras predicted") {
  check::Book book("models");
  for (const std::string name : {"augmented", "lecture", "mlp", "nested", "resnet"}) {
    CAPTURE(name);
    const std::string file = LEHR_TESTS_DIR "/golden/models/" + name;
    Model model(network_of_file(file + ".keras"), {});
    const Array y = model.predict(read_npy(file + "_x.npy")), want = read_npy(file + "_y.npy");
    REQUIRE(y.shape() == want.shape());
    const std::vector<float> got(y.as<float>().begin(), y.as<float>().end()), expected(want.as<float>().begin(), want.as<float>().end());
    const double used = check::distance(got, expected) / 2e-6;
    CHECK_MESSAGE(used <= 1, name, ": ", 100 * used, " % of the tolerance");
    book.ran(name, used);
  }
  book.close("models that Keras saved");
}
