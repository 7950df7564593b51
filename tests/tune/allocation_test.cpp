// A step allocates nothing: not in training, evaluation or prediction, in any precision. Libraries behind the kernels may (oneDNN makes
// eight small blocks an execute), so allocations are told apart by who asked for them.
#include <doctest/doctest.h>

#include <array>

#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/check/count_allocations.h"
#include "tests/check/small_training.h"

using namespace lehr;

namespace {

constexpr std::int64_t batch = 8;

/// `batches` whole ones, and a ragged one behind them.
Dataset dataset(std::int64_t batches) { return check::small_dataset(batches * batch + 3); }

/// Allocations between the end of the second epoch's first step and the end of its last one; the epoch before warms everything up.
/// `interrupted` is asked after every step, and once more after the epoch.
check::AllocationCounts training_steps(Model& model) {
  constexpr std::int64_t batches = 6;
  constexpr std::size_t steps = batches + 1, asked_an_epoch = steps + 1;
  const Dataset data = dataset(batches);
  std::array<check::AllocationCounts, 2 * asked_an_epoch> after{};
  std::size_t asked = 0;
  const auto note = [&] {
    if (asked < after.size()) after[asked] = check::allocations_so_far();
    ++asked;
    return false;
  };
  check::allocations_of([&] { model.fit(data, {.epochs = 2, .batch_size = batch, .interrupted = note}); });
  REQUIRE(asked == after.size());
  const auto &first = after[asked_an_epoch], &last = after[asked_an_epoch + steps - 1];
  return {.ours = last.ours - first.ours, .library = last.library - first.library, .last = last.last};
}

}  // namespace

TEST_CASE("the counter sees every way to allocate") {
  if (!check::counts_allocations) return;
  std::string text;
  const auto seen = [](const auto& run) { return check::allocations_of(run).ours; };
  CHECK(seen([] {}) == 0);
  CHECK(seen([&] { text.assign(1000, 'x'); }) == 1);
  CHECK(seen([] { const Array array({100}, DType::f32); }) >= 1);
  CHECK(seen([] {
          for (void* data : {std::malloc(10), std::calloc(2, 10), std::aligned_alloc(64, 64)}) std::free(data);
        }) == 3);
  Cpu cpu(1);
  CHECK(seen([&] { const Buffer buffer(cpu, 100); }) == 1);
}

TEST_CASE("training steps allocate nothing") {
  if (!check::counts_allocations) return;
  for (const Precision precision : {Precision::float32, Precision::mixed_bfloat16})
    for (const Optimizer& optimizer : {Optimizer(Adam{}), Optimizer(SGD{.momentum = 0.9}), Optimizer(RMSprop{}), Optimizer(AdamW{})}) {
      const int threads = optimizer.text().print() == "adam" ? 2 : 1;
      Model model = check::small_model(optimizer, precision, std::make_shared<Cpu>(threads));
      const auto counts = training_steps(model);
      CAPTURE(optimizer.text().print());
      CAPTURE(static_cast<int>(precision));
      CAPTURE(counts.last);
      CHECK(counts.ours == 0);
    }
}

// Between a short and a long pass only the number of steps differs.
TEST_CASE("evaluation steps allocate nothing") {
  if (!check::counts_allocations) return;
  const Dataset few = dataset(4), many = dataset(24);
  for (const Precision precision : {Precision::float32, Precision::mixed_bfloat16}) {
    Model model = check::small_model(Adam{}, precision);
    model.evaluate(few, batch);
    const auto evaluated = check::allocations_of([&] { model.evaluate(few, batch); });
    const auto longer = check::allocations_of([&] { model.evaluate(many, batch); });
    CAPTURE(longer.last);
    CHECK(longer.ours == evaluated.ours);
  }
}
