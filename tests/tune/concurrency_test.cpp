// Models that train at once, each on a host thread of its own, know nothing of each other: the bits are those of training alone. Under
// ThreadSanitizer (make tsan) this is where models, checkpoint writers meet.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "engine/atomic_file.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/checkpoint.h"

using namespace lehr;

namespace {

/// Seconds differ from run to run.
TrainingState without_times(TrainingState state) {
  auto& names = state.history.names;
  const auto column = std::find(names.begin(), names.end(), "seconds") - names.begin();
  for (auto& row : state.history.rows) row.values.at(static_cast<std::size_t>(column)) = 0;
  return state;
}

struct Job {
  const Dataset& train;
  const Dataset& validation;
  std::shared_ptr<Backend> backend;
  Precision precision = Precision::float32;
  std::string checkpoint = {};
};

/// Two epochs with a checkpoint after each; returns the file: weights, optimizer, history.
std::string train(const Job& job) {
  Model model = check::small_model(Adam{}, job.precision, job.backend);
  CheckpointWriter writer(job.checkpoint);
  const FitResult result = model.fit_run(
      job.train, {.epochs = 2, .batch_size = 8, .validation_data = &job.validation, .on_epoch = [&](const TrainingState& state) {
                    writer.submit(capture_checkpoint(model, without_times(state)));
                  }});
  CHECK(result.history.epochs() == 2);
  writer.finish();
  return read_file(job.checkpoint);
}

}  // namespace

TEST_CASE("models that train at once have the bits of models that train alone") {
  const TemporaryFolder folder;
  const Dataset resident = check::small_dataset(67), validation = check::small_dataset(20);
  for (const int threads : {1, 2}) {
    const auto shared = std::make_shared<Cpu>(threads);
    const auto job = [&](const Dataset& data, std::shared_ptr<Backend> backend, Precision precision, const std::string& name) {
      return Job{
          .train = data, .validation = validation, .backend = std::move(backend), .precision = precision, .checkpoint = folder / name};
    };
    const std::string alone = train(job(resident, shared, Precision::float32, "alone"));
    const std::string alone_bf16 = train(job(resident, shared, Precision::mixed_bfloat16, "alone16"));
    CHECK(alone != alone_bf16);

    std::string a, b, c;
    std::thread first([&] { a = train(job(resident, shared, Precision::float32, "a")); });
    std::thread second([&] { b = train(job(resident, shared, Precision::float32, "b")); });
    std::thread third([&] { c = train(job(resident, std::make_shared<Cpu>(threads), Precision::mixed_bfloat16, "c")); });
    first.join();
    second.join();
    third.join();
    CHECK(a == alone);
    CHECK(b == alone);
    CHECK(c == alone_bf16);
  }
}
