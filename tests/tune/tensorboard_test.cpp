// TensorBoard's event files: bytes as TensorBoard's own protocol buffers write them, and files of runs that were cut off.
#include "tune/callbacks/tensorboard.h"

#include <doctest/doctest.h>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/tensorboard/event_file.h"

using namespace lehr;
namespace tb = lehr::tensorboard;
namespace fs = std::filesystem;

namespace {

std::string hex(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

/// The payloads of a file's records; fails where a length or checksum is wrong.
std::vector<std::string> records(const std::string& file) {
  const std::string all = read_file(file);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < all.size();) {
    REQUIRE(at + 12 <= all.size());
    std::size_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) length |= static_cast<std::size_t>(static_cast<unsigned char>(all[at + i])) << 8 * i;
    REQUIRE(at + 16 + length <= all.size());
    out.push_back(all.substr(at + 12, length));
    CHECK(all.substr(at, 16 + length) == tb::record(out.back()));
    at += 16 + length;
  }
  return out;
}

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) out.push_back(entry.path());
  return out;
}

/// Payloads without their first field, the wall time.
std::vector<std::string> timeless(const std::string& file) {
  auto out = records(file);
  for (auto& payload : out) payload.erase(0, 9);
  return out;
}

}  // namespace

TEST_CASE("tensorboard: events and records have the bytes of TensorBoard's own writers") {
  const JsonValue golden = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/tensorboard.json"), "golden");
  const double wall = golden.at("wall_time").number();
  const tb::Moment begin{.wall_time = wall}, later{.wall_time = wall, .step = golden.at("step").integer()};
  std::vector<float> values;
  for (const auto& v : golden.at("values").elements()) values.push_back(static_cast<float>(v.number()));
  const std::vector<std::pair<std::string, std::string>> settings{
      {"batch-size", "32"}, {"model", "flatten | dense(10)"}, {"shuffle", "true"}};
  const auto text = [&](const char* key) { return golden.at(key).string(); };
  CHECK(hex(tb::file_version(begin)) == text("file_version"));
  CHECK(hex(tb::scalar(later, "epoch_loss", 0.625)) == text("scalar"));
  CHECK(hex(tb::histogram(later, "dense/kernel/histogram", values, 4)) == text("histogram"));
  CHECK(hex(tb::hparams_experiment(begin, settings, {"epoch_loss"})) == text("experiment"));
  CHECK(hex(tb::hparams_begin(begin, settings, "run-1")) == text("begin"));
  CHECK(hex(tb::hparams_end(begin, true)) == text("end"));
  CHECK(hex(tb::record(tb::scalar(later, "epoch_loss", 0.625))) == text("record"));
  CHECK(tb::crc32c("123456789") == 0xe3069283U);  // the check value of CRC-32C
}

TEST_CASE("tensorboard: Keras's tags in train/ and validation/, steps, histograms and pictures") {
  const TemporaryFolder folder;
  const Dataset data = check::small_dataset(24);
  Model model = check::small_model();
  model.fit(data, {.epochs = 2,
                   .batch_size = 8,
                   .validation_data = &data,
                   .callbacks = {TensorBoard{.histogram_freq = 1, .write_images = true, .update_freq = {.batches = 2}}},
                   .folder = folder.path(),
                   .settings = {{"seed", "0"}}});
  const auto train = event_files(fs::path(folder.path()) / "logs/train"),
             validation = event_files(fs::path(folder.path()) / "logs/validation");
  REQUIRE(train.size() == 1);
  REQUIRE(validation.size() == 1);
  const auto count = [](const fs::path& file, const std::string& tag) {
    std::int64_t found = 0;
    for (const auto& payload : records(file.string())) found += payload.find(tag) != std::string::npos ? 1 : 0;
    return found;
  };
  CHECK(count(train[0], "epoch_loss") == 3);  // two epochs, and the HParams tab's metric
  CHECK(count(train[0], "epoch_learning_rate") == 2);
  CHECK(count(train[0], "batch_accuracy") == 4);  // after batches 2 and 3 of 3, twice
  CHECK(count(train[0], "/histogram") == 2 * static_cast<std::int64_t>(model.state().tensors().size()));
  CHECK(count(train[0], "conv2d/kernel/image") > 0);
  CHECK(count(train[0], "val_") == 0);
  CHECK(count(train[0], "_hparams_/session_start_info") == 1);
  CHECK(count(train[0], "_hparams_/session_end_info") == 1);
  CHECK(count(validation[0], "epoch_loss") == 2);
  CHECK(count(validation[0], "evaluation_loss_vs_iterations") == 2);
}

TEST_CASE("tensorboard: a run that goes on after its end was lost writes the file of one that never stopped") {
  const Dataset data = check::small_dataset(24);
  const auto options = [&](const TemporaryFolder& folder, std::int64_t epochs) {
    return FitOptions{.epochs = epochs,
                      .batch_size = 8,
                      .callbacks = {TensorBoard{.log_dir = "", .split = false, .hparams = false}},
                      .folder = folder.path()};
  };
  const TemporaryFolder whole, cut;
  Model a = check::small_model(), b = check::small_model(), c = check::small_model();
  a.fit(data, options(whole, 4));
  // Two epochs, a checkpoint after the first, and then half a record as of a killed program.
  std::optional<TrainingState> kept;
  auto first = options(cut, 2);
  first.on_epoch = [&](const TrainingState& state) {
    if (!kept) {
      kept = state;
      c.build(data.sample_shape());
      c.set_weights(b.weights(), "b");
    }
  };
  b.fit(data, first);
  const auto file = event_files(cut.path()).at(0).string();
  append_to_file(file, std::string("\x18\0\0", 3));
  auto rest = options(cut, 4);
  rest.resume = kept;
  c.fit(data, rest);
  const auto one = event_files(whole.path()).at(0).string();
  REQUIRE(event_files(cut.path()).size() == 1);
  CHECK(timeless(file).size() == timeless(one).size());
  CHECK(timeless(file)[1] == timeless(one)[1]);
}
