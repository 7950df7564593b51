// Baselines where a model stands: evaluate, cross-validate, tune, auto; and where it cannot.
#include <doctest/doctest.h>

#include <string>

#include "engine/json.h"
#include "tests/check/command.h"

namespace {

using lehr::JsonValue;
bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }
JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }
const std::string faces = " --data 'faces(people=4, per_person=30, size=16)' --threads 1";

}  // namespace

TEST_CASE("baselines: evaluate learns from Train and asks about Test; cross-validate holds folds out") {
  const Folder folder;
  const Result once = command(folder, "evaluate 'knn(1)'" + faces + " --metrics accuracy,f1_score --json");
  CAPTURE(once.err);
  REQUIRE(once.code == 0);
  CHECK(json_of(once).at("accuracy").number() > 0.5);
  CHECK(json_of(once).at("f1_score").number() > 0.3);
  CHECK(json_of(command(folder, "evaluate logistic_regression --data digits --json")).at("accuracy").number() > 0.88);
  lehr::write_file_atomically((folder.path / "all.csv").string(), "a,b\n1,x\n2,y\n3,x\n4,y\n");
  const Result none = command(folder, "evaluate logistic_regression --data all.csv");
  CHECK(none.code == 2);
  CHECK(has(none.err, "lehr cross-validate"));
  const Result folds = command(folder, "cross-validate --model 'knn(5)' --data digits --folds 5 --threads 2 --json");
  CAPTURE(folds.err);
  REQUIRE(folds.code == 0);
  CHECK(json_of(folds).at("mean").at("accuracy").number() > 0.97);
}

TEST_CASE("baselines: tune searches their values, fit says where they belong, help knows them") {
  const Folder folder;
  const Result r = command(folder,
                           "tune --model 'knn(k:choice(1, 5, 100))' --data digits --oracle grid --objective val_accuracy "
                           "--threads 1 --study k --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(json_of(r).at("trials").integer() == 3);
  CHECK(json_of(r).at("best").at("params").at("k").integer() < 100);
  CHECK(json_of(r).at("best").at("value").number() > 0.9);
  lehr::write_file_atomically((folder.path / "all.csv").string(), "a,b\n1,x\n2,y\n3,x\n4,y\n");
  CHECK(command(folder, "tune --model 'knn(k:choice(1, 2))' --data all.csv --oracle grid --study l").code == 2);  // nobody to ask
  const Result fit = command(folder, "fit --model 'knn(5)' --data digits");
  CHECK(fit.code == 2);
  CHECK(has(fit.err, "lehr cross-validate"));
  CHECK(command(folder, "evaluate 'knn(0)'" + faces).code == 2);
  CHECK(has(command(folder, "help baselines").out, "logistic_regression"));
}
