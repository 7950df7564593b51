#include "tune/model.h"
#include "tune/sample_weights.h"

namespace lehr {

void verify(const FitOptions& o, const Dataset& train) {
  const auto positive = [](std::int64_t value, const char* flag) {
    if (value < 1)
      throw Error(
          {.category = Category::usage, .where = flag, .what = "must be positive", .expected = "1 or more", .got = std::to_string(value)});
  };
  positive(o.epochs, "--epochs");
  positive(o.batch_size, "--batch-size");
  positive(o.steps_per_execution, "steps_per_execution");
  positive(o.validation_freq, "--validation-freq");
  check_weights(o.class_weights, train);
  if (train.size() == 0) throw Error({.category = Category::data, .where = train.name, .what = "there are no samples to train on"});
}

}  // namespace lehr
