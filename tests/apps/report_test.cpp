// lehr report and lehr runs compare as a person meets them: one page that fetches nothing, with the run's own numbers in it.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "engine/json.h"
#include "tests/check/command.h"

namespace {

using lehr::JsonValue;
namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }

const char* faces = "--data 'faces(people=4, per_person=10, size=24)' --epochs 2 --threads 1 --quiet";

Result train(const Folder& folder, const std::string& run, const std::string& model) {
  return command(folder, "fit --model '" + model + "' " + faces + " --run " + run);
}

}  // namespace

TEST_CASE("fit leaves report.html: one file, nothing fetched, with settings, numbers, network, confusion matrix, mistakes and Keras code") {
  const Folder folder;
  REQUIRE(train(folder, "a", "conv2d(4, 3, activation=relu) | flatten | dense(4, softmax)").code == 0);
  const std::string page = lehr::read_file(folder.path / "a/report.html");
  for (const char* word : {"<!DOCTYPE html>", "viewport", "@media print", "Curves", "LEARNING RATE", "Data", "faces(people=4", "Network",
                           "conv2d", "taken for which", "Mistaken with the greatest certainty",
                           "layers.Conv2D(4, (3, 3), activation='relu'", "keras.optimizers.Adam(", "batch-size = 32"})
    CHECK_MESSAGE(has(page, word), word);
  // Only SVG's name space may look like an address.
  std::string rest = page;
  for (const std::string name = "http://www.w3.org/2000/svg"; rest.find(name) != std::string::npos;)
    rest.erase(rest.find(name), name.size());
  for (const char* word : {"http://", "https://", "<script", "<link", "@import", "src=\"", "url("}) CHECK_MESSAGE(!has(rest, word), word);
  const JsonValue evaluated = json_of(command(folder, "evaluate a --json"));
  const auto share = 100 * evaluated.at("last").at("accuracy").number();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", share);
  CHECK(has(page, text));
}

TEST_CASE("the report's Keras code has every metric: Keras's own where it means the same, else written out") {
  const Folder folder;
  const std::string fit = "fit --model 'flatten | dense(4, softmax)' --metrics accuracy,'top_k(k=2,name=top_2)',precision,'f1_score,auc' " +
                          std::string(faces) + " --learning-rate 'step_decay(0.5, 1)' --run a";
  REQUIRE(command(folder, fit).code == 0);
  const std::string page = lehr::read_file(folder.path / "a/report.html");
  for (const char* line :
       {"'accuracy',", "keras.metrics.SparseTopKCategoricalAccuracy(name='top_2', k=2)", "class EachClass(keras.metrics.Metric)",
        "lambda tp, fp, fn, tn: (tp, tp + fp), lambda tp, fp, fn: tp + fp + fn &gt; 0, name='precision')",
        "of_labels(keras.metrics.F1Score)(name='f1_score', average='macro')",
        "of_labels(keras.metrics.AUC)(name='auc', num_thresholds=200, curve='ROC', multi_label=True)", "rates = [0.001",
        "keras.callbacks.LearningRateScheduler("})
    CHECK_MESSAGE(has(page, line), line);
  CHECK_FALSE(has(page, "StepDecay"));
}

TEST_CASE("evaluate --metrics: a model's and a whole set's metrics side by side; unknown ones list what there is") {
  const Folder folder;
  REQUIRE(train(folder, "a", "flatten | dense(4, softmax)").code == 0);
  const Result r = command(folder, "evaluate a --metrics accuracy,recall,'f1_score(average=none)',auc --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue last = json_of(r).at("last");
  CHECK(last.at("accuracy").number() >= 0);
  CHECK(last.at("auc").number() >= 0);
  CHECK(last.at("recall").number() <= 1);
  CHECK(last.members().size() == 8);  // loss, accuracy, recall, four of F1, AUC
  CHECK(command(folder, "evaluate a --metrics recal").code == 2);
}

TEST_CASE("report: several runs side by side; text of the run's own making stays text; what is missing is said") {
  const Folder folder;
  REQUIRE(train(folder, "a", "flatten | dense(4, softmax)").code == 0);
  REQUIRE(train(folder, "b", "flatten | dense(16, relu, name=\"x<y\") | dense(4, softmax)").code == 0);
  fs::remove(folder.path / "b/last.weights.h5");
  const Result r = command(folder, "report a b --output both.html");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const std::string page = lehr::read_file(folder.path / "both.html");
  CHECK(has(page, "Side by side"));
  CHECK(has(page, "x&lt;y"));
  CHECK_FALSE(has(page, "x<y"));
  CHECK(has(page, "Left out, for it could not be read"));
  CHECK(command(folder, "report nowhere").code == 3);
  CHECK(json_of(command(folder, "report a --json")).at("report").string() == "a/report.html");
}

TEST_CASE("runs compare: what a run reaches and what it costs; a smaller and quicker run stays unbeaten") {
  const Folder folder;
  REQUIRE(train(folder, "small", "flatten | dense(4, softmax)").code == 0);
  REQUIRE(train(folder, "large", "flatten | dense(64, relu) | dense(4, softmax)").code == 0);
  const Result r = command(folder, "runs compare small large --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue runs = json_of(r);
  const JsonValue &small = runs.at(std::size_t{0}), &large = runs.at(std::size_t{1});
  CHECK(small.at("parameters").number() == 24 * 24 * 3 * 4 + 4);
  CHECK(small.at("weight_bytes").number() == 4 * small.at("parameters").number());
  CHECK(large.at("parameters").number() == 24 * 24 * 3 * 64 + 64 + 64 * 4 + 4);
  // Two operations a weight of a dense layer.
  CHECK(large.at("flops").number() >= 2 * (24 * 24 * 3 * 64 + 64 * 4));
  CHECK(large.at("flops").number() > small.at("flops").number());
  CHECK(large.at("memory_bytes").number() > small.at("memory_bytes").number());
  for (const auto& run : runs.elements()) CHECK(run.at("latency_s").number() > 0);
  CHECK(small.at("unbeaten").boolean());
  const Result text = command(folder, "runs compare small large --picture over.svg");
  CHECK(has(text.out, "small *"));
  CHECK(has(lehr::read_file(folder.path / "over.svg"), "<svg"));
}
