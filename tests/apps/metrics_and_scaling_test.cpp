// fit --metrics and --scale-features as a person meets them: columns, monitors, files, going on, evaluate, predict.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "engine/data/npy.h"
#include "engine/data/npz.h"
#include "engine/json.h"
#include "tests/check/command.h"
#include "tune/history_files.h"

namespace {

using lehr::Array;
using lehr::History;
using lehr::JsonValue;

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }
JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }
History history_of(const Folder& folder, const std::string& run) {
  return lehr::parse_history_csv(lehr::read_file(folder.path / run / "history.csv"), "history.csv");
}

const char* faces =
    " --data 'faces(people=4, per_person=10, size=24)' --model 'flatten | dense(4, softmax)' --batch-size 8 --threads 1 --quiet";

/// Columns of very different size; the label is the sign of the small one.
void write_table(const Folder& folder) {
  Array x({60, 3}, lehr::DType::f32), y({60}, lehr::DType::i32), test_x({20, 3}, lehr::DType::f32), test_y({20}, lehr::DType::i32);
  const auto fill = [](Array& values, Array& labels, std::size_t from) {
    for (std::size_t i = 0; i < labels.count(); ++i) {
      const auto n = static_cast<double>(from + i);
      const double small = std::sin(n * 1.7) * 1e-3;
      values.as<float>()[3 * i] = static_cast<float>(1000 + 100 * std::cos(n));
      values.as<float>()[3 * i + 1] = static_cast<float>(small);
      values.as<float>()[3 * i + 2] = 5;
      labels.as<std::int32_t>()[i] = small > 0 ? 1 : 0;
    }
  };
  fill(x, y, 0);
  fill(test_x, test_y, 60);
  lehr::write_npz((folder.path / "set.npz").string(), {{"x_train", x}, {"y_train", y}, {"x_test", test_x}, {"y_test", test_y}});
  lehr::write_npy((folder.path / "test.npy").string(), test_x);
}

}  // namespace

TEST_CASE("fit --metrics: a column each for training and validation, a monitor, an event file, and the same after going on") {
  const Folder folder;
  const std::string metrics =
      " --metrics 'accuracy,precision,recall,specificity,f1,auc,top_k(k=2, name=top_2),auc(num_thresholds=200, name=keras)'";
  const std::string fit = "fit" + std::string(faces) + metrics + " --epochs 3 --run a --json";
  const Result r = command(folder, fit + " --callback 'early_stopping(monitor=val_auc, patience=5)' --callback 'csv_logger(log.csv)'");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const History history = history_of(folder, "a");
  const History logged = lehr::parse_history_csv(lehr::read_file(folder.path / "a/log.csv"), "log.csv");
  for (const std::string name : {"accuracy", "precision", "recall", "specificity", "f1", "auc", "top_2", "keras", "loss"})
    for (const std::string& column : {name, "val_" + name}) {
      CAPTURE(column);
      REQUIRE(history.has(column));
      CHECK(history.column(column) == logged.column(column));
      CHECK(has(lehr::read_file(folder.path / "a/history.json"), "\"" + column + "\""));
    }
  CHECK(json_of(r).at("evaluate").at("auc").number() >= 0);
  // What validation said of the last epoch, evaluate says of the same rows.
  const JsonValue again = json_of(command(folder, "evaluate a --json --metrics recall,auc"));
  CHECK(again.at("last").at("auc").number() == doctest::Approx(json_of(r).at("evaluate").at("auc").number()).epsilon(1e-9));
  CHECK(again.at("last").members().size() == 3);

  const Result more = command(folder, "fit --resume a --epochs 4 --quiet");
  CAPTURE(more.err);
  REQUIRE(more.code == 0);
  CHECK(history_of(folder, "a").names == history.names);
  CHECK(history_of(folder, "a").epochs() == 4);
}

TEST_CASE("fit --metrics: a monitor that is no column, a metric twice and an unknown one are usage errors that list what there is") {
  const Folder folder;
  const Result monitor = command(folder, "fit" + std::string(faces) + " --metrics auc --callback 'early_stopping(monitor=val_f1)' --run a");
  CHECK(monitor.code == 2);
  CHECK(has(monitor.err, "val_auc"));
  CHECK_FALSE(std::filesystem::exists(folder.path / "a"));
  CHECK(command(folder, "fit" + std::string(faces) + " --metrics auc,auc --run b").code == 2);
  const Result unknown = command(folder, "fit" + std::string(faces) + " --metrics presicion --run c");
  CHECK(unknown.code == 2);
  CHECK(has(unknown.err, "precision"));
  const Result help = command(folder, "help metrics");
  for (const char* word : {"precision", "f1_score", "auc", "top_k"}) CHECK(has(help.out, word));
  CHECK(has(command(folder, "help auc").out, "num_thresholds"));
}

TEST_CASE("fit --scale-features: learned from the training part, kept with the run, applied by evaluate and predict, checked at going on") {
  const Folder folder;
  write_table(folder);
  const std::string fit = "fit --data set.npz --model 'dense(1, sigmoid)' --optimizer 'adam(0.1)' --threads 1 --quiet --json --epochs ";
  const Result bare = command(folder, fit + "40 --run bare"), scaled = command(folder, fit + "40 --run scaled --scale-features standard");
  CAPTURE(scaled.err);
  REQUIRE(bare.code == 0);
  REQUIRE(scaled.code == 0);
  CHECK(json_of(scaled).at("evaluate").at("accuracy").number() > 0.9);
  CHECK(json_of(bare).at("evaluate").at("accuracy").number() < 0.8);
  const JsonValue scaler = JsonValue::parse(lehr::read_file(folder.path / "scaled/scaler.json"), "scaler.json");
  CHECK(scaler.at("center").size() == 3);
  CHECK(scaler.at("scale").at(std::size_t{2}).number() == 1);  // a column that does not vary

  const JsonValue again = json_of(command(folder, "evaluate scaled --json"));
  CHECK(again.at("last").at("loss").number() == doctest::Approx(json_of(scaled).at("evaluate").at("loss").number()).epsilon(1e-6));
  const JsonValue predicted = json_of(command(folder, "predict scaled --input test.npy --json"));
  CHECK(json_of(command(folder, "predict scaled/model.keras --input test.npy --json")).text() == predicted.text());
  std::int64_t ones = 0;
  for (const auto& row : predicted.at("probabilities").elements()) ones += row.at(std::size_t{0}).number() > 0.5 ? 1 : 0;
  CHECK(ones > 5);
  CHECK(ones < 15);

  // The run's own numbers, not those of the set that is evaluated: rows of another mean.
  CHECK(command(folder, "evaluate scaled --data 'arrays(test.npy)'").code == 2);  // no labels
  std::filesystem::remove(folder.path / "scaled/scaler.json");
  CHECK(command(folder, "evaluate scaled").code == 3);

  for (const char* kind : {"minmax", "robust", "standardize"})
    CHECK(command(folder, fit + "1 --run " + kind + " --scale-features " + kind).code == 0);
  CHECK(command(folder, fit + "1 --run no --scale-features best").code == 2);
  CHECK(command(folder, fit + "1 --run no --scale-features standard --rescale 0.5").code == 2);
}

TEST_CASE("fit --scale-features: going on with a run keeps its numbers; a fold learns from its own training part") {
  const Folder folder;
  write_table(folder);
  const std::string fit =
      "fit --data set.npz --model 'dense(1, sigmoid)' --threads 1 --quiet --scale-features robust --validation-split 0.25";
  REQUIRE(command(folder, fit + " --epochs 2 --run a").code == 0);
  REQUIRE(command(folder, fit + " --epochs 4 --run whole").code == 0);
  const Result more = command(folder, "fit --resume a --epochs 4 --quiet");
  CAPTURE(more.err);
  REQUIRE(more.code == 0);
  CHECK(history_of(folder, "a").column("val_loss") == history_of(folder, "whole").column("val_loss"));
  const Result folds = command(
      folder, "cross-validate --folds 3 --data set.npz --model 'dense(1, sigmoid)' --epochs 1 --threads 1 --quiet --scale-features minmax");
  CAPTURE(folds.err);
  CHECK(folds.code == 0);
}
