// Tables through training: what cells become is learned from the rows that train, stays with the run, and is learned anew in every fold.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/data/table.h"
#include "layers/dense.h"
#include "tests/check/temporary_folder.h"
#include "tune/fit_job.h"
#include "tune/study/cross_validation.h"

using namespace lehr;

namespace {

/// 60 people; the label is whether they are older than 40 or live in Kiel. One in six gives no age, the last ten are of other cities.
std::string people(const TemporaryFolder& folder) {
  std::string all = "age,city,class\n";
  for (int i = 0; i < 60; ++i) {
    const int age = 20 + (i * 37) % 50;
    const char* city = i >= 50 ? (i % 2 == 0 ? "Ulm" : "Jena") : i % 3 == 0 ? "Kiel" : "Bonn";
    all += (i % 6 == 5 ? "" : std::to_string(age)) + "," + city + "," + (age > 40 || i % 3 == 0 ? "yes" : "no") + "\n";
  }
  return folder.write("people.csv", all);
}

std::vector<Setting> settings(const std::string& data) {
  return {{.flag = "model", .values = {"dense(8, relu) | dense(2, softmax)"}},
          {.flag = "data", .values = {data}},
          {.flag = "epochs", .values = {"2"}},
          {.flag = "threads", .values = {"1"}}};
}

}  // namespace

TEST_CASE("tables: a run keeps what its training part gave, and evaluates and predicts by it") {
  const TemporaryFolder folder;
  const FitJob job{.model = "dense(8, relu) | dense(2, softmax)",
                   .data = "csv('" + people(folder) + "', label=class, missing=mean, scale=minmax)",
                   .validation_split = 0.2,
                   .optimizer = "adam(0.05)",
                   .epochs = 20,
                   .threads = 1,
                   .run = folder / "run"};
  const FitOutcome out = run_fit_job(job);
  CHECK(out.history.epochs() == 20);
  const TableEncoder kept = TableEncoder::parse(read_file(folder / "run/table.json"), "table.json");
  REQUIRE(kept.columns.size() == 2);
  CHECK(kept.columns[1].categories == std::vector<std::string>{"Bonn", "Kiel"});  // the validation part's are not learned
  CHECK(kept.classes == std::vector<std::string>{"no", "yes"});

  LoadedRun loaded = open_run(folder / "run", "last", {});
  const Dataset all = loaded.data.any();
  const Evaluation e = loaded.model->evaluate(all);
  CHECK(e.value("accuracy") > 0.7);
  const Array p = loaded.model->predict(load_inputs(folder.write("asked.csv", "city,age\nKiel,20\nBonn,\nNowhere,60\n")));
  REQUIRE(p.rows() == 3);
  const Array one = loaded.model->predict(all.rows(0, 1));  // Kiel, 20
  CHECK(one.as<float>()[0] == p.as<float>()[0]);

  FitJob more = job;
  more.resume = true;
  more.epochs = 21;
  CHECK(run_fit_job(more).history.epochs() == 21);
  std::filesystem::remove(folder / "run/table.json");
  CHECK_THROWS_AS(open_run(folder / "run", "last", {}), Error);
}

TEST_CASE("tables: a model of one's own learns from the first rows it trains on, and refuses a table before") {
  const TemporaryFolder folder;
  const Dataset all = load_csv({.file = people(folder), .label = "class"});
  const Dataset train = all.rows(0, 40), held_out = all.rows(40, 60);
  Network net;
  net.add(Dense{.units = 2, .activation = Activation::softmax});
  Model model(net);
  CHECK_THROWS_AS(model.evaluate(held_out), Error);
  model.fit(train, {.epochs = 1, .validation_data = &held_out});
  REQUIRE(model.options().table != nullptr);
  CHECK(model.options().table->json() == fit_table(train).json());
  CHECK(model.evaluate(held_out).value("loss") == model.evaluate(fit_table(train).apply(held_out)).value("loss"));
}

TEST_CASE("tables: a fold learns from its own training rows; how cells become features can be searched") {
  const TemporaryFolder folder;
  const std::string file = people(folder);
  const CrossValidationResult folds = cross_validate({.settings = settings("csv('" + file + "', label=class)"), .folds = 3});
  REQUIRE(folds.scores.size() == 3);
  CHECK(std::isfinite(folds.mean.at(0).second.mean));
  TuneJob job{.settings = settings("csv('" + file + "', label=class, scale=s:choice(standard, robust), encode=e:choice(onehot, ordinal))"),
              .objectives = {"val_accuracy"},
              .oracle = "grid",
              .folds = 2,
              .study = "t",
              .storage = "sqlite:///" + folder / "s.db",
              .folder = folder / "trials"};
  const TuneResult r = run_tune(job);
  CHECK(r.trials.size() == 4);
  for (const Trial& t : r.trials) CHECK(t.state == TrialState::complete);
}
