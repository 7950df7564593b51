// What a run leaves after every epoch: each epoch's checkpoint as soon as the disk has it, the last one whatever comes.
#include "tune/run_writer.h"

#include <doctest/doctest.h>

#include <thread>

#include "engine/atomic_file.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/history_files.h"

using namespace lehr;

namespace {

/// A small model that trains an epoch at a time.
struct Training {
  Dataset data = check::small_dataset(24);
  Model model = check::small_model();
  TrainingState state = {};

  CheckpointImage epoch(CheckpointImage reused = {}) {
    FitOptions options{.epochs = state.history.epochs() + 1, .batch_size = 8};
    if (state.history.epochs() > 0) options.resume = state;
    state = model.fit_run(data, options).state;
    return capture_checkpoint(model, state, {}, std::move(reused));
  }
};

std::int64_t epochs_in(const std::string& checkpoint) {
  Training other;
  other.model.build(other.data.sample_shape());
  return read_checkpoint(checkpoint, other.model).position.epoch;
}

/// Whether it comes to hold in good time, on a busy machine.
bool soon(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 3000; ++tries, std::this_thread::sleep_for(std::chrono::milliseconds(10)))
    if (holds()) return true;
  return false;
}

}  // namespace

TEST_CASE("run writer: each epoch's checkpoint and best weights are on disk before the next one, however short the epochs are") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create_at(folder / "run");
  Training t;
  RunWriter writer(run, 0);
  const std::string checkpoint = run.file("checkpoint.lehr").string();
  for (std::int64_t n = 1; n <= 5; ++n) {
    CheckpointImage image = t.epoch(writer.reusable());
    writer.best(t.model.weight_file("best.weights.h5"));
    writer.submit(std::move(image));
    CHECK(soon([&] { return std::filesystem::exists(checkpoint) && epochs_in(checkpoint) == n; }));
    CHECK(parse_history_csv(run.read("history.csv")).epochs() == n);
    t.model.save_weights(folder / "now.weights.h5");
    CHECK(run.read("best.weights.h5") == read_file(folder / "now.weights.h5"));
  }
  CHECK_NOTHROW(writer.finish());
}

TEST_CASE("run writer: of epochs that come faster than the disk takes them the last is written, its best weights too") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create_at(folder / "run");
  Training t;
  {
    RunWriter writer(run, 0);
    for (int n = 1; n <= 40; ++n) {
      CheckpointImage image = t.epoch(writer.reusable());
      if (n == 39) {
        writer.best(t.model.weight_file("best.weights.h5"));
        t.model.save_weights(folder / "best.weights.h5");
      }
      writer.submit(std::move(image));
    }
  }  // as where training is left by an error: nobody asked it to finish
  CHECK(epochs_in(run.file("checkpoint.lehr").string()) == 40);
  CHECK(run.read_history().epochs() == 40);
  CHECK(run.read("best.weights.h5") == read_file(folder / "best.weights.h5"));
}

TEST_CASE("run writer: best weights that found no room are written with the next epoch") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create_at(folder / "run");
  Training t;
  RunWriter writer(run, 0);
  std::filesystem::create_directories(run.file("best.weights.h5/full"));  // a folder in its place: whoever runs this cannot write it
  CheckpointImage image = t.epoch();
  writer.best(t.model.weight_file("best.weights.h5"));
  t.model.save_weights(folder / "best.weights.h5");
  writer.submit(std::move(image));
  CHECK_THROWS_AS(writer.finish(), Error);
  std::filesystem::remove_all(run.file("best.weights.h5"));
  writer.submit(t.epoch());
  CHECK_NOTHROW(writer.finish());
  CHECK(run.read("best.weights.h5") == read_file(folder / "best.weights.h5"));
  CHECK(epochs_in(run.file("checkpoint.lehr").string()) == 2);
}

TEST_CASE("run folder: to overwrite it removes the backup of a fit that was cut off, and neither a user's own files nor a run within") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create_at(folder / "run");
  for (const char* inner : {"backup", "shared", "fold_1"}) std::filesystem::create_directory(run.file(inner));
  for (const char* file : {"config.toml", "history.csv", "notes.txt", "backup/checkpoint.lehr", "backup/checkpoint.previous.lehr",
                           "shared/checkpoint.lehr", "shared/mine.txt", "fold_1/config.toml", "fold_1/checkpoint.lehr"})
    run.write(file, "x");
  CHECK_THROWS_AS(RunFolder::create_at(folder / "run"), Error);
  const RunFolder again = RunFolder::create_at(folder / "run", true);
  for (const char* gone : {"config.toml", "history.csv", "backup", "shared/checkpoint.lehr"})
    CHECK_FALSE(std::filesystem::exists(again.file(gone)));
  for (const char* kept : {"notes.txt", "shared/mine.txt", "fold_1/config.toml", "fold_1/checkpoint.lehr"})
    CHECK(std::filesystem::exists(again.file(kept)));
}
