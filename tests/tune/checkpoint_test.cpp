// Checkpoints: what is refused and with which words, the one before, other places, full disks, and how long training stands still.
#include "tune/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "engine/atomic_file.h"
#include "optim/sgd.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;
namespace fs = std::filesystem;

namespace {

std::string what_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    CHECK(e.info().category == Category::data);  // exit code 3
    return e.what();
  }
  FAIL("nothing was thrown");
  return {};
}
bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

/// A model after an epoch, and where its run stands.
struct Trained {
  Dataset data = check::small_dataset(24);
  Model model = check::small_model();
  FitResult result = model.fit_run(data, {.epochs = 1, .batch_size = 8});
};

void damage(const std::string& file) {
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
  f.write("damaged", 7);
}

}  // namespace

TEST_CASE("checkpoint: another network, optimizer or data set is refused, and the words show what differs") {
  const TemporaryFolder folder;
  Trained t;
  const std::string file = folder / "checkpoint.lehr";
  const CheckpointOrigin origin = checkpoint_origin(t.model, t.data);
  write_checkpoint(file, capture_checkpoint(t.model, t.result.state, origin));

  Network other(Shape{12, 12, 3});
  other.add(Flatten{}).add(Dense{.units = 7, .activation = Activation::relu}).add(Dense{.units = 4, .activation = Activation::softmax});
  Model another(std::move(other), {.backend = std::make_shared<Cpu>(1)});
  another.build(t.data.sample_shape());
  const std::string network = what_of([&] { read_checkpoint(file, another, origin); });
  CHECK(has(network, "another network"));
  CHECK(has(network, "dense/kernel(432, 7)"));
  CHECK(has(network, "conv2d/kernel"));
  CHECK_FALSE(has(network, "dense_1/bias(4"));  // what both have

  Model slower = check::small_model(Adam{.learning_rate = 1e-5});
  slower.build(t.data.sample_shape());
  const std::string optimizer = what_of([&] { read_checkpoint(file, slower, origin); });
  CHECK(has(optimizer, "another optimizer"));
  CHECK(has(optimizer, "1e-05"));

  Dataset changed = check::small_dataset(24);
  changed.x.data()[100] = std::byte{17};
  Model same = check::small_model();
  same.build(t.data.sample_shape());
  const std::string data = what_of([&] { read_checkpoint(file, same, checkpoint_origin(same, changed)); });
  CHECK(has(data, "another data set"));
  CHECK(has(data, "24 rows of (12, 12, 3)"));
  CHECK_NOTHROW(read_checkpoint(file, same, checkpoint_origin(same, check::small_dataset(24))));

  // A format of another time.
  auto arrays = read_npz(file);
  for (auto& [name, array] : arrays)
    if (name == "checkpoint.json") {
      std::string text(reinterpret_cast<const char*>(array.data()), array.bytes());
      const auto at = text.find("\"format\":3");
      REQUIRE(at != std::string::npos);
      text[at + 9] = '9';
      array = Array::from<std::uint8_t>({std::ssize(text)}, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
  write_npz(folder / "other.lehr", arrays);
  CHECK(has(what_of([&] { read_checkpoint(folder / "other.lehr", same); }), "another checkpoint format"));
}

TEST_CASE("checkpoint: another program, processor or thread count goes on with one line; a streamed set is known by its labels") {
  const TemporaryFolder folder;
  Trained t;
  const std::string file = folder / "checkpoint.lehr";
  CheckpointOrigin origin = checkpoint_origin(t.model, t.data);
  const int threads = Cpu(2).threads();  // a limit on OpenMP's threads may allow fewer
  CHECK(origin.threads == threads);
  CHECK_FALSE(origin.processor.empty());
  origin.program = "lehr 0.1.0, commit a";
  write_checkpoint(file, capture_checkpoint(t.model, t.result.state, origin));
  std::vector<std::string> notes;
  read_checkpoint(file, t.model, origin, &notes);
  CHECK(notes.empty());
  CheckpointOrigin here = origin;
  here.program = "lehr 0.2.0, commit b";
  here.threads = 4;
  here.data.replace(here.data.rfind(", content "), std::string::npos, ", content on disk");
  read_checkpoint(file, t.model, here, &notes);
  REQUIRE(notes.size() == 1);
  CHECK(has(notes[0], "program lehr 0.1.0, commit a, now lehr 0.2.0, commit b"));
  CHECK(has(notes[0], "threads " + std::to_string(threads) + ", now 4"));
  CHECK(has(notes[0], "bits may differ"));
}

TEST_CASE("checkpoint: the one before is kept, and read where the newest is damaged or gone") {
  const TemporaryFolder folder;
  Trained t;
  const std::string file = folder / "checkpoint.lehr";
  write_checkpoint(file, capture_checkpoint(t.model, t.result.state));
  CHECK_FALSE(fs::exists(previous_checkpoint(file)));
  const std::string first = read_file(file);
  FitOptions more{.epochs = 2, .batch_size = 8};
  more.resume = read_checkpoint(file, t.model);
  const FitResult later = t.model.fit_run(t.data, more);
  write_checkpoint(file, capture_checkpoint(t.model, later.state));
  CHECK(read_file(previous_checkpoint(file)) == first);
  CHECK(read_checkpoint(file, t.model).position.epoch == 2);
  damage(file);
  std::vector<std::string> notes;
  CHECK(read_checkpoint(file, t.model, {}, &notes).position.epoch == 1);
  REQUIRE(notes.size() == 1);
  CHECK(has(notes[0], "checkpoint.previous.lehr"));
  fs::remove(file);
  CHECK(read_checkpoint(file, t.model).position.epoch == 1);
  // Both damaged: the newest's own complaint.
  damage(previous_checkpoint(file));
  CHECK_THROWS_AS(read_checkpoint(file, t.model), Error);
}

TEST_CASE("checkpoint: a writer that was killed when both names were one file leaves nothing to the next one") {
  const TemporaryFolder folder;
  Trained t;
  const std::string file = folder / "checkpoint.lehr";
  write_checkpoint(file, capture_checkpoint(t.model, t.result.state));
  fs::create_hard_link(file, previous_checkpoint(file));  // killed here, just before its rename
  write_checkpoint(file, capture_checkpoint(t.model, t.result.state));
  CHECK(std::distance(fs::directory_iterator(fs::path(file).parent_path()), fs::directory_iterator()) == 2);
  CHECK(fs::hard_link_count(file) == 1);
}

TEST_CASE("checkpoint: what cannot be written is told, the old file stays, and the next one is written again") {
  const TemporaryFolder folder;
  Trained t;
  const std::string file = folder / "checkpoint.lehr";
  CheckpointWriter writer(file);
  writer.submit(capture_checkpoint(t.model, t.result.state));
  writer.finish();
  CHECK_FALSE(writer.take_problem());
  const std::string before = read_file(file);
  // A folder in the place of the file keeps the rename from happening, whoever runs this.
  fs::rename(file, folder / "aside");
  fs::create_directory(file);
  fs::create_directory(file + "/full");
  writer.submit(capture_checkpoint(t.model, t.result.state));
  CHECK_THROWS_AS(writer.finish(), Error);
  fs::remove_all(file);
  fs::rename(folder / "aside", file);
  writer.submit(capture_checkpoint(t.model, t.result.state, {}, writer.reusable()));
  CHECK_NOTHROW(writer.finish());
  CHECK(read_file(file) == before);
}

TEST_SUITE("slow") {
  TEST_CASE("checkpoint: capturing takes no longer than one and a half copies of the state in memory") {
    Network net(Shape{1024});
    net.add(Dense{.units = 4096, .activation = Activation::relu}).add(Dense{.units = 1024});
    Model model(std::move(net), {.backend = std::make_shared<Cpu>(1)});
    model.build({1024});
    const SlotLayout layout = model.options().optimizer.slots(model.state().tensors());
    model.state().set_slots(layout.initial, layout.extra);
    const std::size_t bytes = model.state().parameters().bytes() + model.state().slots().bytes();
    REQUIRE(bytes > 90'000'000);
    const auto seconds = [](const auto& call) {
      const auto begin = std::chrono::steady_clock::now();
      call();
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::vector<std::byte> to(bytes), from(bytes, std::byte{1});
    CheckpointImage image = capture_checkpoint(model, {});
    std::vector<double> ratios;
    for (int i = 0; i < 21; ++i) {
      const double copy = seconds([&] { std::memcpy(to.data(), from.data(), bytes); });
      const double capture = seconds([&] { image = capture_checkpoint(model, {}, {}, std::move(image)); });
      ratios.push_back(capture / copy);
    }
    std::sort(ratios.begin(), ratios.end());
    MESSAGE("capture / copy of ", bytes / 1'000'000, " MB: median ", ratios[10], ", least ", ratios[0]);
    CHECK(ratios[10] < 1.5);
  }
}
