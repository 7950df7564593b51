// Tables as a person meets them: csv(...) in fit, evaluate, predict, cross-validate and tune; what was learned stays with the run.
#include <doctest/doctest.h>

#include <string>

#include "engine/data/table.h"
#include "engine/json.h"
#include "tests/check/command.h"

namespace {

using lehr::JsonValue;

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }
JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }

/// 60 people; the label is whether they are older than 40 or live in Kiel. One in six gives no age, the last ten rows are of other cities.
void write_people(const Folder& folder) {
  std::string all = "age,city,class\n", asked = "city,age\n";
  for (int i = 0; i < 60; ++i) {
    const int age = 20 + (i * 37) % 50;
    const char* city = i >= 50 ? (i % 2 == 0 ? "Ulm" : "Jena") : i % 3 == 0 ? "Kiel" : "Bonn";
    const std::string written = i % 6 == 5 ? "" : std::to_string(age);
    all += written + "," + city + "," + (age > 40 || i % 3 == 0 ? "yes" : "no") + "\n";
    if (i % 10 == 0) asked += std::string(city) + "," + written + "\n";
  }
  lehr::write_file_atomically((folder.path / "people.csv").string(), all);
  lehr::write_file_atomically((folder.path / "asked.csv").string(), asked);
}

const char* model = " --model 'dense(8, relu) | dense(2, softmax)' --threads 1 --quiet";

}  // namespace

TEST_CASE("csv tables: fit learns from the training part and keeps it; evaluate and predict apply it") {
  const Folder folder;
  write_people(folder);
  const std::string data = " --data 'csv(people.csv, label=class, missing=mean, scale=minmax)'";
  const Result r = command(folder, "fit" + data + model + " --validation-split 0.2 --epochs 20 --optimizer 'adam(0.05)' --run a --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const auto kept = lehr::TableEncoder::parse(lehr::read_file(folder.path / "a/table.json"), "table.json");
  REQUIRE(kept.columns.size() == 2);
  CHECK(kept.columns[1].categories == std::vector<std::string>{"Bonn", "Kiel"});  // the validation part's are not learned
  CHECK(kept.classes == std::vector<std::string>{"no", "yes"});

  // evaluate RUN on all rows; predict on a table without labels, columns in another order.
  const JsonValue evaluated = json_of(command(folder, "evaluate a --json"));
  CHECK(evaluated.at("last").at("accuracy").number() > 0.7);
  const Result predicted = command(folder, "predict a --input asked.csv --json");
  CAPTURE(predicted.err);
  REQUIRE(predicted.code == 0);
  CHECK(json_of(predicted).at("classes").size() == 6);
  // The same rows through `evaluate`'s way give the same classes: one row, one label.
  lehr::write_file_atomically((folder.path / "one.csv").string(), "city,age,class\nKiel,20,yes\n");
  const JsonValue one = json_of(command(folder, "evaluate a --data 'csv(one.csv, label=class)' --json"));
  const bool says_yes = json_of(predicted).at("classes").at(std::size_t{0}).integer() == 1;  // asked.csv's first row is Kiel, 20
  CHECK(one.at("last").at("accuracy").number() == (says_yes ? 1 : 0));

  const Result more = command(folder, "fit --resume a --epochs 22 --quiet");
  CAPTURE(more.err);
  CHECK(more.code == 0);
  std::filesystem::remove(folder.path / "a/table.json");
  CHECK(command(folder, "evaluate a").code == 3);
  CHECK(command(folder, "predict a --input nowhere.csv").code == 3);
}

TEST_CASE("csv tables: cross-validation learns in every fold, tune searches how cells are made features") {
  const Folder folder;
  write_people(folder);
  const Result folds =
      command(folder, "cross-validate --folds 3 --data 'csv(people.csv, label=class)'" + std::string(model) + " --epochs 2 --json");
  CAPTURE(folds.err);
  REQUIRE(folds.code == 0);
  CHECK(json_of(folds).at("folds").size() == 3);
  const Result tuned = command(
      folder, "tune --folds 2 --data 'csv(people.csv, label=class, scale=s:choice(standard, robust), encode=e:choice(onehot, ordinal))'" +
                  std::string(model) + " --oracle grid --epochs 1 --objective val_accuracy --study t --json");
  CAPTURE(tuned.err);
  REQUIRE(tuned.code == 0);
  CHECK(json_of(tuned).at("trials").integer() == 4);
  CHECK(command(folder, "fit --data 'csv(people.csv, label=class, missing=zero)'" + std::string(model)).code == 2);
  CHECK(has(command(folder, "help csv").out, "most_frequent"));
}
