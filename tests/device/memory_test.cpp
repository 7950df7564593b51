// Memory that does not suffice: the error says what it was for, and what was there before is there still.
#include <doctest/doctest.h>

#include "tests/device/networks.h"

namespace lehr::check {

TEST_CASE("memory: a step that does not fit says which buffers it has, and the model can still be used") {
  const TrainingCase c{.name = "memory",
                       .network = chain("conv2d(16, 3, activation=relu) | max_pooling2d(4) | flatten | dense(4, softmax)", {32, 32, 3})};
  const auto cuda = device();
  const Dataset data = training_rows(c, 64);
  Model model = training_model(c, cuda);
  model.fit(training_rows(c, 4), {.epochs = 1, .batch_size = 4});
  const auto weights = model.state().snapshot();
  const double loss = model.evaluate(training_rows(c, 4), 4).value("loss");
  {
    const ShortOfMemory limit(*cuda, std::size_t{4} << 20U);  // a GPU hands out 2 MiB at a time
    try {
      model.fit(data, {.epochs = 1, .batch_size = 64});
      FAIL("it fitted");
    } catch (const Error& error) {
      CHECK(error.info().category == Category::device);
      const std::string text = error.what();
      CAPTURE(text);
      for (const char* part : {"out of memory", "\n", "weights", "conv2d/kernel", "gradients of the weights", "the optimizer's state",
                               "a step of 64 samples", "conv2d", "max_pooling2d", "bytes free", "--batch-size"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, "no ", part);
    }
  }
  CHECK(model.state().snapshot() == weights);
  CHECK(model.evaluate(training_rows(c, 4), 4).value("loss") == loss);
  model.fit(training_rows(c, 4), {.epochs = 1, .batch_size = 4});
}

TEST_CASE("memory: weights that do not fit are named") {
  const auto cuda = device();
  Network net(Shape{1024});
  net.add(Dense{.units = 2048}).add(Dense{.units = 64});
  const BuiltNetwork built(net, {1024});
  const ShortOfMemory limit(*cuda, std::size_t{4} << 20U);
  try {
    const State state(*cuda, built.tensors(), true);
    FAIL("it fitted");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(text.find("8 388 608    dense/kernel") != std::string::npos);
    CHECK(text.find("bfloat16 copy") != std::string::npos);
  }
}

}  // namespace lehr::check
