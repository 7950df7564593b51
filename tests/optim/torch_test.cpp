// Optimizers beside those of PyTorch, timm, pytorch-optimizer and schedulefree (make_torch_optimizers.py): twelve steps on given gradients.
// What differs there by choice, and is not compared:
//   weight decay of all but AdamW, LARS and LAMB is decoupled here, as in Keras; PyTorch's L2 penalty is kernel_regularizer=l2
//   LARS's momentum keeps steps (the paper's v), theirs gradients: the same while the rate stays; its weight decay reaches vectors too, where
//   pytorch-optimizer leaves them out; LAMB corrects both moments, as the paper and timm do, and pytorch-optimizer neither in r
#include <doctest/doctest.h>

#include "engine/spec/parse.h"
#include "optim/catalogue.h"
#include "tests/check/golden.h"
#include "tests/check/optimizer_run.h"

using namespace lehr;

TEST_CASE("golden: optimizers walk the way of PyTorch and of libraries on it") {
  const std::string file = LEHR_TESTS_DIR "/golden/torch_optimizers.json";
  const JsonValue golden = JsonValue::parse(read_file(file), file);
  check::Book book("torch_optimizers.json");
  for (const auto& c : golden.at("cases").elements()) {
    const std::string& text = c.at("optimizer").string();
    CAPTURE(text);
    std::vector<StateTensor> tensors;
    for (const auto& shape : golden.at("shapes").elements()) {
      const auto extents = check::flat(shape);
      tensors.push_back({.name = "w", .shape = Shape(std::vector<std::int64_t>(extents.begin(), extents.end()))});
    }
    check::OptimizerRun run(optimizer_catalogue().from(parse_spec(text, "--optimizer")), tensors);
    for (std::size_t i = 0; i < tensors.size(); ++i) run.set_weight(i, check::flat_f32(golden.at("start").at(i)));
    double used = 0;
    for (std::size_t s = 0; s < golden.at("gradients").size(); ++s) {
      std::vector<std::vector<float>> gradients;
      for (const auto& g : golden.at("gradients").at(s).elements()) gradients.push_back(check::flat_f32(g));
      run.step(gradients);
      for (std::size_t i = 0; i < tensors.size(); ++i)
        used = std::max(used, check::distance(run.weight(i), check::flat(c.at("weights").at(s).at(i))) / 2e-6);
    }
    CHECK_MESSAGE(used <= 1, text, " beside ", c.at("source").string(), ": ", 100 * used, " % of the tolerance");
    book.ran(text, used);
  }
  book.close("optimizers of PyTorch and beside it");
}
