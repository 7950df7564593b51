// Rows that count more or less: sample weights, class weights and weighted metrics, against real Keras (tests/golden/make_sample_weights.py), and
// against what weights mean: a row of weight 2 is a row that is there twice.
#include "tune/sample_weights.h"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/atomic_file.h"
#include "engine/data/row_source.h"
#include "engine/json.h"
#include "layers/catalogue.h"
#include "optim/sgd.h"
#include "tests/check/data_error.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/fit_job.h"
#include "tune/metric_list.h"

using namespace lehr;

namespace {

const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/training/";

/// Three epochs of a compiled model of Keras's, with the metrics that it says, against its own history.
void compare_with_keras(const std::string& name, const std::string& class_weight) {
  const TemporaryFolder place;
  const FitOutcome got = run_fit_job({.model = folder + name + "_before.keras",
                                      .data = folder + name + ".npz",
                                      .epochs = 3,
                                      .batch_size = 8,
                                      .shuffle = false,
                                      .class_weight = class_weight,
                                      .run = place / "run"});
  const JsonValue recorded = JsonValue::parse(read_file(folder + "sample_weights.json"), name);
  for (const auto& [column, values] : recorded.at(name).members()) {
    CAPTURE(column);
    REQUIRE(got.history.has(column));
    for (std::size_t i = 0; i < values.size(); ++i)
      CHECK(got.history.at(column, static_cast<std::int64_t>(i)) == doctest::Approx(values.at(i).number()).epsilon(1e-6));
  }
}

/// Nothing in it looks at other rows, or at random numbers.
Model model_with(const MetricList& list) {
  return Model(network_from_text("flatten | dense(6, tanh) | dense(4, softmax)"), {.optimizer = SGD{.learning_rate = 0.1},
                                                                                   .metrics = list.metrics,
                                                                                   .class_metrics = list.class_metrics,
                                                                                   .backend = std::make_shared<Cpu>(2),
                                                                                   .input = rescaling(1.0 / 255)});
}

}  // namespace

TEST_CASE("sample weights: losses and weighted metrics of three epochs are those of Keras") { compare_with_keras("sample_weights", ""); }

TEST_CASE("sample weights: weighted metrics see class weights, as in Keras") { compare_with_keras("class_weights", "0:0.5,1:2,2:1.25"); }

TEST_CASE("sample weights: those of classes, by ids, one-hot rows or a column") {
  const std::vector<float> of_classes{0.5F, 2};
  const auto made = [&](const Array& y) {
    const Array w = sample_weights_of(of_classes, y);
    return std::vector<float>(w.as<float>().begin(), w.as<float>().end());
  };
  CHECK(made(Array::from<std::int32_t>({3}, std::vector<std::int32_t>{1, 0, 2})) == std::vector<float>{2, 0.5F, 1});
  CHECK(made(Array::from<float>({2, 2}, std::vector<float>{0, 1, 1, 0})) == std::vector<float>{2, 0.5F});
  CHECK(made(Array::from<float>({3, 1}, std::vector<float>{0.9F, 0.1F, -3})) == std::vector<float>{2, 0.5F, 1});
}

TEST_CASE("sample weights: a row of weight 2 is one that is there twice, one of weight 0 is not there") {
  Dataset weighted = check::small_dataset(12);
  weighted.sample_weights = Array({12}, DType::f32);
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < 12; ++i) {
    weighted.sample_weights.as<float>()[static_cast<std::size_t>(i)] = static_cast<float>(i % 3);
    for (std::int64_t k = 0; k < i % 3; ++k) rows.push_back(i);
  }
  REQUIRE(rows.size() == 12);  // so that the means of the losses have the same divisor
  Dataset repeated = weighted.take(rows);
  repeated.sample_weights = {};
  const char* names = "accuracy, recall, specificity, f1(average=none), auc, auc(num_thresholds=50, name=steps), precision(thresholds=0.3)";
  Model a = model_with(metrics_from_text({}, {names})), b = model_with(metrics_from_text({names}));
  const History of_weights = a.fit(weighted, {.epochs = 3, .batch_size = 12, .shuffle = false});
  const History of_copies = b.fit(repeated, {.epochs = 3, .batch_size = 12, .shuffle = false});
  REQUIRE(of_weights.names == of_copies.names);
  for (const auto& name : of_weights.names)
    for (std::int64_t i = 0; i < 3 && name != "seconds"; ++i) {
      CAPTURE(name);
      CHECK(of_weights.at(name, i) == doctest::Approx(of_copies.at(name, i)).epsilon(2e-6));
    }
  const Evaluation of_a = a.evaluate(weighted, 5), of_b = b.evaluate(repeated, 12);
  for (const auto& [name, value] : of_a.values) CHECK(value == doctest::Approx(of_b.value(name)).epsilon(2e-5));
}

TEST_CASE("sample weights: batches that are streamed carry their own, whatever the order") {
  const Dataset rows = check::small_dataset(21);
  class Rows final : public RowSource {
   public:
    explicit Rows(const Array& x) : x_(x) {}
    std::int64_t rows() const override { return x_.rows(); }
    Shape sample_shape() const override { return x_.shape().without_batch(); }
    DType dtype() const override { return x_.dtype(); }
    void read(std::int64_t row, std::span<std::byte> out) const override {
      std::memcpy(out.data(), x_.data() + static_cast<std::size_t>(row) * out.size(), out.size());
    }
    std::string describe(std::int64_t row) const override { return std::to_string(row); }

   private:
    const Array& x_;
  };
  Dataset resident = rows, streamed{.y = rows.y, .class_names = rows.class_names, .streamed = std::make_shared<Rows>(rows.x)};
  resident.sample_weights = Array({21}, DType::f32);
  for (std::size_t i = 0; i < 21; ++i) resident.sample_weights.as<float>()[i] = 0.1F * static_cast<float>(i);
  streamed.sample_weights = resident.sample_weights;
  const MetricList list = metrics_from_text({"accuracy"}, {"accuracy, recall"});
  Model a = model_with(list), b = model_with(list);
  const History one = a.fit(resident, {.epochs = 2, .batch_size = 8}), other = b.fit(streamed, {.epochs = 2, .batch_size = 8});
  for (const char* name : {"loss", "accuracy", "weighted_accuracy", "recall"})
    for (std::int64_t i = 0; i < 2; ++i) CHECK(one.at(name, i) == other.at(name, i));
}

TEST_CASE("sample weights: from files, and what is wrong there") {
  const TemporaryFolder place;
  const auto write = [&](const std::string& name, const std::string& text) {
    write_file_atomically(place / name, text);
    return place / name;
  };
  const DataSplits npz = load_job_data(folder + "sample_weights.npz", {});
  REQUIRE(npz.train->sample_weights.rows() == 27);
  CHECK(npz.validation->sample_weights.rows() == 13);
  const std::string table = write("t.csv", "a,w,kind\n1,0.5,x\n2,2,y\n3,1,x\n4,0,y\n");
  const DataSplits csv = load_job_data("csv('" + table + "', sample_weight=w)", {});
  REQUIRE(csv.train->sample_weights.rows() == 4);
  CHECK(csv.train->sample_weights.as<float>()[1] == 2);
  CHECK(csv.train->x.row_elements() == 1);
  const auto refused = [&](const std::string& text, const char* sample_weight, const char* word) {
    const std::string file = write("bad.csv", text);
    const std::string got = data_error([&] { load_job_data("csv('" + file + "', sample_weight=" + sample_weight + ")", {}); });
    CHECK_MESSAGE(got.find(word) != std::string::npos, got);
  };
  refused("a,w,kind\n1,-1,x\n2,2,y\n", "w", "row 0");
  refused("a,w,kind\n1,,x\n2,2,y\n", "w", "line 2");
  refused("a,w,kind\n1,heavy,x\n2,2,y\n", "w", "heavy");
  refused("a,w,kind\n1,0,x\n2,0,y\n", "w", "every sample weight is 0");
  refused("a,w,kind\n1,1,x\n2,2,y\n", "v", "no column 'v'");
  refused("a,kind\n1,x\n2,y\n", "a", "two columns");
  Dataset both = check::small_dataset(8);
  both.sample_weights = sample_weights_of(std::vector<float>{1, 2, 3, 4}, both.y);
  Model model = model_with(metrics_from_text({"accuracy"}));
  CHECK_THROWS_WITH_AS(model.fit(both, {.class_weights = {1, 2, 3, 4}}), doctest::Contains("weights of their own"), Error);
}

TEST_CASE("sample weights: a weighted metric of a name that is taken is weighted_name, as in Keras") {
  const MetricList list = metrics_from_text({"accuracy, auc"}, {"accuracy", "recall, auc"});
  CHECK(list.metrics.at(1).name == "weighted_accuracy");
  CHECK(list.class_metrics.at(1).name == "recall");
  CHECK(list.class_metrics.at(2).name == "weighted_auc");
  CHECK(list.class_metrics.at(2).weighted);
  CHECK_FALSE(list.class_metrics.at(0).weighted);
}
