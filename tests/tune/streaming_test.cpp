// A set that is read while training has the bits of one that lies in memory: history, weights, evaluation, predictions, resumed runs.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>

#include "engine/data/digits.h"
#include "engine/data/image_folder.h"
#include "engine/data/npy.h"
#include "kernels/cpu.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/reshaping.h"
#include "optim/adam.h"
#include "tests/check/temporary_folder.h"
#include "tune/checkpoint.h"
#include "tune/model.h"
#include "tune/row_feed.h"

using namespace lehr;

namespace {

/// Rows of an array as if they lay on a disk; one of them may be damaged.
class ArrayRows final : public RowSource {
 public:
  explicit ArrayRows(Array x, std::int64_t damaged = -1) : x_(std::move(x)), damaged_(damaged) {}
  std::int64_t rows() const override { return x_.rows(); }
  Shape sample_shape() const override { return x_.shape().without_batch(); }
  DType dtype() const override { return x_.dtype(); }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    if (row == damaged_) throw Error({.category = Category::data, .where = describe(row), .what = "cannot be decoded"});
    std::memcpy(out.data(), x_.data() + static_cast<std::size_t>(row) * out.size(), out.size());
  }
  std::string describe(std::int64_t row) const override { return "image_" + std::to_string(row) + ".png"; }

 private:
  Array x_;
  std::int64_t damaged_;
};

Dataset on_disk(Dataset data, std::int64_t damaged = -1) {
  data.streamed = std::make_shared<ArrayRows>(std::move(data.x), damaged);
  data.x = {};
  return data;
}

struct Parts {
  Dataset train, validation;
};
Parts parts() {
  const DataSplits digits = load_digits();
  return {digits.any().rows(0, 330), digits.any().rows(400, 505)};  // both with a ragged last batch of 32
}
Parts streamed_parts() {
  Parts p = parts();
  return {on_disk(std::move(p.train)), on_disk(std::move(p.validation))};
}

Model model() {
  Network net(Shape{8, 8, 1});
  net.add(Flatten{})
      .add(Dense{.units = 24, .activation = Activation::relu})
      .add(Dropout{.rate = 0.3})
      .add(Dense{.units = 10, .activation = Activation::softmax});
  return Model(std::move(net),
               {.optimizer = Adam{.learning_rate = 1e-2}, .backend = std::make_shared<Cpu>(1), .input = rescaling(1.0 / 255)});
}

FitOptions options(const Parts& data) { return {.epochs = 3, .validation_data = &data.validation}; }

/// All columns but the seconds.
bool same(const History& a, const History& b) {
  if (a.epochs() != b.epochs() || a.has("val_loss") != b.has("val_loss")) return false;
  for (const std::string name : {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"})
    for (std::int64_t epoch = 0; a.has(name) && epoch < a.epochs(); ++epoch)
      if (a.at(name, epoch) != b.at(name, epoch)) return false;
  return true;
}
bool same(const Array& a, const Array& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}
bool same_weights(const Model& a, const Model& b) {
  const NamedArrays x = a.weights(), y = b.weights();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!same(x[i].second, y[i].second)) return false;
  return x.size() == y.size();
}

}  // namespace

TEST_CASE("streaming: fit, evaluate and predict have the bits of the resident run") {
  const Parts resident = parts(), disk = streamed_parts();
  for (const bool shuffle : {true, false}) {
    CAPTURE(shuffle);
    Model a = model(), b = model();
    FitOptions oa = options(resident), ob = options(disk);
    oa.shuffle = ob.shuffle = shuffle;
    const History ha = a.fit(resident.train, oa), hb = b.fit(disk.train, ob);
    CHECK(ha.at("loss", 2) < ha.at("loss", 0));
    CHECK(same(ha, hb));
    CHECK(same_weights(a, b));
    const Evaluation ea = a.evaluate(resident.validation, 32), eb = b.evaluate(disk.validation, 32);
    CHECK(ea.values == eb.values);
    CHECK(ea.predicted == eb.predicted);
    CHECK(same(a.predict(resident.validation, 32), b.predict(disk.validation, 32)));
    CHECK(same(a.predict(resident.validation.x, 32), b.predict(disk.validation, 32)));
  }
}

TEST_CASE("streaming: a folder and a float64 file larger than the limit") {
  const TemporaryFolder folder;
  const Parts resident = parts();
  write_folder({.train = resident.train, .validation = resident.validation}, folder / "digits");
  const DataSplits whole = load_folder(folder / "digits", {.color = ColorMode::gray});
  const DataSplits half = load_folder(folder / "digits", {.color = ColorMode::gray, .memory = 330 * 64});
  CHECK_FALSE(whole.train->streamed);
  CHECK_FALSE(half.train->streamed);  // Train comes first, and the limit is used up
  CHECK(half.validation->streamed);
  const DataSplits none = load_folder(folder / "digits", {.color = ColorMode::gray, .memory = 1000});
  REQUIRE(none.train->streamed);

  Array x(resident.train.x.shape(), DType::f64);
  for (std::size_t i = 0; i < x.count(); ++i) x.as<double>()[i] = resident.train.x.as<std::uint8_t>()[i] / 255.0;
  write_npy(folder / "x.npy", x);
  write_npy(folder / "y.npy", resident.train.y);
  const Arrays files{.x = folder / "x.npy", .y = folder / "y.npy"};
  const Dataset floats = *load_data(files).train, disk = *load_data(files, {.memory = 1000}).train;
  REQUIRE(disk.streamed);
  CHECK(disk.x_dtype() == DType::f32);

  for (const auto& [a, b] : {std::pair{&*whole.train, &*none.train}, {&floats, &disk}}) {
    Model one = model(), two = model();
    CHECK(same(one.fit(*a, {.epochs = 2}), two.fit(*b, {.epochs = 2})));
    CHECK(same_weights(one, two));
  }
}

TEST_CASE("streaming: an error names its file at the step that needs it, and NaN its row") {
  Parts p = parts();
  const Dataset damaged = on_disk(std::move(p.train), 200);
  Model m = model();
  CHECK_THROWS_WITH_AS(m.fit(damaged, {.epochs = 1}), doctest::Contains("image_200.png: cannot be decoded"), Error);
  CHECK_THROWS_WITH_AS(m.evaluate(damaged), doctest::Contains("image_200.png"), Error);
  CHECK_THROWS_WITH_AS(m.predict(damaged), doctest::Contains("image_200.png"), Error);

  const TemporaryFolder folder;
  Array x(Shape{300, 8, 8, 1}, DType::f32);
  x.as<float>()[250 * 64 + 3] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder / "x.npy", x);
  write_npy(folder / "y.npy", Array(Shape{300}, DType::i64));
  const DataSplits data = load_data(Arrays{.x = folder / "x.npy", .y = folder / "y.npy"}, {.memory = 1000});
  CHECK_THROWS_WITH_AS(m.fit(*data.train, {.epochs = 1}), doctest::Contains("x.npy, row 250: the sample holds NaN at element 3"), Error);
}

TEST_CASE("streaming: a run stopped within an epoch, or within its validation, goes on to the same bits") {
  const TemporaryFolder folder;
  const Parts p = streamed_parts();
  Model whole = model();
  const FitResult expected = whole.fit_run(p.train, options(p));
  // 11 training steps and 4 validation batches an epoch; asked after each of the former and before each of the latter.
  for (const int stop_at : {1, 5, 11, 13, 15, 16, 30}) {
    CAPTURE(stop_at);
    Model first = model(), second = model();
    FitOptions o = options(p);
    int asked = 0;
    o.interrupted = [&] { return ++asked >= stop_at; };
    const FitResult part = first.fit_run(p.train, o);
    REQUIRE(part.interrupted);
    write_checkpoint(folder / "c.lehr", capture_checkpoint(first, part.state));
    FitOptions again = options(p);
    again.resume = read_checkpoint(folder / "c.lehr", second);
    const FitResult rest = second.fit_run(p.train, again);
    CHECK(same(rest.history, expected.history));
    CHECK(same_weights(second, whole));
  }
}

TEST_CASE("streaming: what memory will be used is told before the first step") {
  const Parts p = streamed_parts(), resident = parts();
  for (const bool streamed : {true, false}) {
    Model m = model();
    bool trained = false;
    std::optional<MemoryUse> use;
    FitOptions o = options(streamed ? p : resident);
    o.interrupted = [&] { return trained = true; };
    o.on_ready = [&](const MemoryUse& memory) {
      CHECK_FALSE(trained);
      use = memory;
    };
    m.fit(streamed ? p.train : resident.train, o);
    REQUIRE(use);
    CHECK(use->weights >= 4 * 4 * (64 * 24 + 24 + 24 * 10 + 10));  // parameters, gradients, two slots
    CHECK(use->activations > 0);
    const auto batches = static_cast<std::size_t>(2 * streaming_ring().slots);
    const std::size_t ids = (330 + 105) * 4;
    CHECK(use->samples == (streamed ? batches * 32 * (64 + 4) + ids : (330 + 105) * 64 + ids));
    CHECK(use->streamed == (streamed ? (330 + 105) * 64 : 0));
    CHECK(use->total() == use->weights + use->activations + use->samples);
  }
}
