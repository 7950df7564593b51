// What people do around training, on the device as on the CPU: evaluating, predicting, streaming a set, stopping and going on, callbacks.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "tests/check/temporary_folder.h"
#include "tests/device/networks.h"
#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/terminate_on_nan.h"
#include "tune/checkpoint.h"
#include "tune/metric_list.h"

namespace lehr::check {
namespace {

const TrainingCase& case_named(const std::string& name) {
  static const auto all = training_cases();
  return *std::ranges::find(all, name, &TrainingCase::name);
}

std::vector<float> floats(const Array& a) { return {a.as<float>().begin(), a.as<float>().end()}; }

double furthest(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return most;
}

/// Rows that somebody else holds, as files on a disk.
class ArrayRows final : public RowSource {
 public:
  explicit ArrayRows(Array x) : x_(std::move(x)) {}
  std::int64_t rows() const override { return x_.rows(); }
  Shape sample_shape() const override { return x_.shape().without_batch(); }
  DType dtype() const override { return x_.dtype(); }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    std::memcpy(out.data(), x_.data() + static_cast<std::size_t>(row) * out.size(), out.size());
  }
  std::string describe(std::int64_t row) const override { return "row " + std::to_string(row); }

 private:
  Array x_;
};

Dataset streamed(Dataset data) {
  data.streamed = std::make_shared<ArrayRows>(std::move(data.x));
  data.x = {};
  return data;
}

}  // namespace

TEST_CASE("runs: evaluation and prediction are the CPU's, whole and ragged batches alike") {
  for (const TrainingCase& c : training_cases()) {
    if (c.name.find('(') == std::string::npos || c.name == "lion(0.001)") {  // of the optimizers one
      CAPTURE(c.name);
      const Dataset data = training_rows(c, 11);
      Model on_cpu = training_model(c, std::make_shared<Cpu>()), there = training_model(c, device());
      const Evaluation a = on_cpu.evaluate(data, 4), b = there.evaluate(data, 4);
      const double allowed = c.precision == Precision::mixed_bfloat16 ? 2e-2 : 1e-5;
      REQUIRE(a.values.size() == b.values.size());
      for (std::size_t i = 0; i < a.values.size(); ++i) CHECK(b.values[i].second == doctest::Approx(a.values[i].second).epsilon(allowed));
      CHECK(a.predicted == b.predicted);
      CHECK(furthest(floats(on_cpu.predict(data.x, 4)), floats(there.predict(data.x, 4))) <= allowed);
    }
  }
}

TEST_CASE("runs: a set that is streamed to the device has the bits of one that lies there") {
  const TrainingCase& c = case_named("batch normalization and dropout");
  const Dataset train = training_rows(c, 8 * 2 + 3), validation = training_rows(c, 11);
  const Dataset train_on_disk = streamed(train), validation_on_disk = streamed(validation);
  Model resident = training_model(c, device()), reads = training_model(c, device());
  const History a = resident.fit(train, {.epochs = 2, .batch_size = 8, .validation_data = &validation});
  const History b = reads.fit(train_on_disk, {.epochs = 2, .batch_size = 8, .validation_data = &validation_on_disk});
  CHECK(resident.state().snapshot() == reads.state().snapshot());
  for (const char* name : {"loss", "accuracy", "val_loss", "val_accuracy"}) CHECK(a.column(name) == b.column(name));
  CHECK(floats(resident.predict(validation, 8)) == floats(reads.predict(validation_on_disk, 8)));
}

TEST_CASE("runs: stopped within an epoch, written and read again, training goes on bit for bit") {
  const TemporaryFolder folder;
  const std::string file = folder / "c.lehr";
  TrainingCase c = case_named("dense");
  c.optimizer = "adam(0.01, use_ema=true, ema_momentum=0.8)";
  const Dataset data = training_rows(c, 8 * 3 + 3);
  Model whole = training_model(c, device());
  const FitResult reference = whole.fit_run(data, {.epochs = 3, .batch_size = 8});

  Model parted = training_model(c, device());
  int asked = 0;
  const FitResult left = parted.fit_run(data, {.epochs = 3, .batch_size = 8, .interrupted = [&] { return ++asked > 5; }});
  REQUIRE(left.interrupted);
  write_checkpoint(file, capture_checkpoint(parted, left.state));
  Model resumed = training_model(c, device());
  const TrainingState state = read_checkpoint(file, resumed);
  const FitResult rest = resumed.fit_run(data, {.epochs = 3, .batch_size = 8, .resume = state});
  CHECK(resumed.state().snapshot() == whole.state().snapshot());
  CHECK(rest.history.column("loss") == reference.history.column("loss"));
}

TEST_CASE("runs: recall and AUC of training and validation are the CPU's, also of an epoch that was left in its middle") {
  const TemporaryFolder folder;
  const std::string file = folder / "c.lehr";
  const TrainingCase& c = case_named("dense");
  const Dataset data = training_rows(c, 8 * 3 + 3), validation = training_rows(c, 11);
  const auto model_on = [&](std::shared_ptr<Backend> backend) {
    return Model(c.network, {.optimizer = optimizer_catalogue().from(parse_spec(c.optimizer, "--optimizer")),
                             .class_metrics = metrics_from_text({"recall, auc, precision(thresholds=0.3)"}).class_metrics,
                             .seed = c.seed,
                             .backend = std::move(backend),
                             .input = rescaling(1.0 / 255)});
  };
  Model on_cpu = model_on(std::make_shared<Cpu>()), whole = model_on(device()), parted = model_on(device()), resumed = model_on(device());
  const FitOptions options{.epochs = 2, .batch_size = 8, .validation_data = &validation};
  const History cpu = on_cpu.fit(data, options), there = whole.fit(data, options);
  int asked = 0;
  FitOptions left = options;
  left.interrupted = [&] { return ++asked > 1; };
  const FitResult part = parted.fit_run(data, left);
  REQUIRE(part.interrupted);
  CHECK(part.state.position.step == 2);
  write_checkpoint(file, capture_checkpoint(parted, part.state));
  resumed.build(data.sample_shape());
  FitOptions rest = options;
  rest.resume = read_checkpoint(file, resumed);
  const History gone_on = resumed.fit(data, rest);
  for (const char* name : {"recall", "auc", "precision", "val_recall", "val_auc", "val_precision"}) {
    CAPTURE(name);
    CHECK(gone_on.column(name) == there.column(name));
    for (std::int64_t i = 0; i < 2; ++i) CHECK(there.at(name, i) == doctest::Approx(cpu.at(name, i)).epsilon(1e-6));
  }
}

TEST_CASE("runs: a loss that is no number stops on the device: later steps of the epoch change nothing") {
  const TrainingCase& c = case_named("regression");
  Dataset data = training_rows(c, 8 * 4);
  data.y.as<float>()[8 * 2 + 1] = std::numeric_limits<float>::quiet_NaN();
  const auto weights_of = [&](const std::shared_ptr<Backend>& backend) {
    Model model = training_model(c, backend);
    const FitResult r = model.fit_run(data, {.epochs = 2, .batch_size = 8, .shuffle = false, .callbacks = {TerminateOnNaN{}}});
    CHECK(r.stopped.has_value());
    return model.state().snapshot();
  };
  Model two_batches = training_model(c, device());
  two_batches.fit(training_rows(c, 8 * 4).rows(0, 16), {.epochs = 1, .batch_size = 8, .shuffle = false});
  const auto stopped = weights_of(device());
  CHECK(stopped == two_batches.state().snapshot());
  CHECK(furthest(stopped, weights_of(std::make_shared<Cpu>())) <= 1e-6);
}

TEST_CASE("runs: early stopping gives the best epoch's weights back, on the device too") {
  const TrainingCase& c = case_named("dense");
  const Dataset data = training_rows(c, 16);
  const auto run = [&](const std::shared_ptr<Backend>& backend) {
    Model model = training_model(c, backend);
    // Watched upside down, the first epoch stays the best.
    const FitResult r = model.fit_run(
        data, {.epochs = 6,
               .batch_size = 8,
               .callbacks = {EarlyStopping{.monitor = "loss", .patience = 2, .mode = MonitorMode::max, .restore_best_weights = true}}});
    CHECK(r.restored_epoch == 0);
    CHECK(r.history.epochs() == 3);
    return model.state().snapshot();
  };
  Model first = training_model(c, device());
  first.fit(data, {.epochs = 1, .batch_size = 8});
  CHECK(run(device()) == first.state().snapshot());
}

}  // namespace lehr::check
