// 16.2: the two diagrams, from real steps: gradient descent on a bowl, and what the learning rate does to it.
#include "apps/experiments/experiments.h"

namespace lehr {

namespace {

ExperimentPlan plan(const Experiment& e, const ExperimentChoice&) {
  const std::int64_t steps = 12;
  const bool one = e.name == "16.2-gradient-descent";
  return {.job = {.model = "dense(1, use_bias=false)",
                  .data = "one sample: x = 1, y = 0",
                  .optimizer = one ? "sgd(0.1)" : "sgd(0.3)",
                  .loss = "mse",
                  .epochs = steps,
                  .batch_size = 1},
          .input = {1},
          .samples = 1,
          .classes = 1,
          .samples_per_s = 1'000,
          .descent_rates = one ? std::vector<double>{0.1} : std::vector<double>{0.02, 0.3, 1.02}};
}

}  // namespace

std::vector<Experiment> descent_diagrams() {
  return {
      {.name = "16.2-gradient-descent",
       .section = "16.2",
       .question = "What does one step of gradient descent do?",
       .lesson = "A step goes against the slope, as far as rate times slope: steps shorten by themselves where the bowl flattens, and on a "
                 "parabola every step leaves the same share of the way, 1 - 2 rate.",
       .lecture = {.setting = "a figure: a bowl, and steps down its side"},
       .plan = plan},
      {.name = "16.2-rate-impact",
       .section = "16.2",
       .question = "What does the learning rate do to the way down?",
       .lesson =
           "Too small a rate arrives late; a fitting one in a few steps; above one edge, here at rate 1, each step ends higher than it "
           "began. A network has many such edges, one for each direction, and the steepest decides.",
       .lecture = {.setting = "a figure: three bowls, with too small, fitting and too large steps"},
       .plan = plan}};
}

}  // namespace lehr
