// lehr experiment and lehr demo as a script meets them: facts without gaps, the documented JSON, folders, exit codes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tests/check/command.h"
#include "tune/history_files.h"

namespace {

using lehr::JsonValue;
namespace fs = std::filesystem;

JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }

std::vector<std::string> keys(const JsonValue& object) {
  std::vector<std::string> out;
  for (const auto& member : object.members()) out.push_back(member.name);
  return out;
}

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("experiment show: every experiment names the lecture's facts, a resolved network, settings and time at each scale") {
  const Folder folder;
  const JsonValue listed = json_of(command(folder, "experiment list --json"));
  REQUIRE(listed.size() >= 7);
  for (const auto& entry : listed.elements()) {
    const std::string name = entry.at("experiment").string();
    CAPTURE(name);
    const Result text = command(folder, "experiment show " + name);
    CHECK(text.code == 0);
    CHECK_FALSE(has(text.out, "CLASSES"));
    std::string unwrapped = text.out;
    std::replace(unwrapped.begin(), unwrapped.end(), '\n', ' ');
    CHECK(has(unwrapped, entry.at("question").string()));
    const JsonValue facts = json_of(command(folder, "experiment show " + name + " --json"));
    CHECK(facts.at("lesson").string().size() > 40);
    if (name == "16.2-gradient-descent" || name == "16.2-rate-impact") continue;  // figures of the lecture: one weight, no run
    const JsonValue& rate = facts.at("lecture").at("learning_rate");
    // Searches, and the techniques of 15, have no rate that the lecture printed; its runs of 16.2 and 16.3 have.
    const bool printed = facts.at("section").string().starts_with("16.2") || facts.at("section").string().starts_with("16.3");
    CHECK((printed || !rate.is_null() ? rate.number() > 0 : true));
    for (const char* scale : {"lecture", "laptop", "smoke"}) {
      const JsonValue& s = facts.at("scales").at(scale);
      CHECK(s.at("parameters").integer() > 100);
      CHECK(s.at("expected_seconds").number() > 0);
      CHECK(s.at("learning_rate").number() > 0);
      CHECK(has(text.out, std::string("--scale ") + scale));
    }
    CHECK(facts.at("scales").at("smoke").at("expected_seconds").number() < facts.at("scales").at("laptop").at("expected_seconds").number());
  }
}

TEST_CASE("experiment run: the documented JSON; means and standard errors over the seeds; the runs under --run") {
  const Folder folder;
  const Result r = command(folder, "experiment run 16.2-vgg16-lr-1e-4 --scale smoke --repeat 2 --seed 3 --run out --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue json = json_of(r);
  CHECK(keys(json) == std::vector<std::string>{"experiment", "scale", "lecture", "runs", "mean", "stderr", "verdict"});
  CHECK(json.at("scale").string() == "smoke");
  CHECK(json.at("lecture").at("test_accuracy").number() == doctest::Approx(0.8179218173));
  REQUIRE(json.at("runs").size() == 2);
  const JsonValue &a = json.at("runs").at(std::size_t{0}), &b = json.at("runs").at(std::size_t{1});
  CHECK(keys(a) == std::vector<std::string>{"run", "seed", "epochs", "best_epoch", "val_accuracy", "test_accuracy", "test_loss", "seconds",
                                            "best_test_accuracy", "best_test_loss"});
  CHECK(a.at("seed").integer() == 3);
  CHECK(b.at("seed").integer() == 4);
  CHECK(a.at("test_loss").number() != b.at("test_loss").number());
  for (const char* name : {"test_accuracy", "test_loss", "val_accuracy"}) {
    const double first = a.at(name).number(), second = b.at(name).number();
    CHECK(json.at("mean").at(name).number() == doctest::Approx((first + second) / 2));
    CHECK(json.at("stderr").at(name).number() == doctest::Approx(std::abs(first - second) / 2));  // sd / sqrt 2 of two values
  }
  CHECK(a.at("run").string() == "out/seed-3");
  for (const char* run : {"out/seed-3", "out/seed-4"}) CHECK(fs::exists(folder.path / run / "config.toml"));
  CHECK_FALSE(fs::exists(folder.path / "runs"));
}

TEST_CASE("experiment run: one run lies in --run itself, has no standard error, and is not written over") {
  const Folder folder;
  const std::string line = "experiment run 16.2-vgg16-lr-1e-5 --scale smoke --run one --json";
  const Result r = command(folder, line);
  REQUIRE(r.code == 0);
  CHECK(json_of(r).at("runs").at(std::size_t{0}).at("run").string() == "one");
  CHECK(json_of(r).at("stderr").at("test_accuracy").is_null());
  const Result again = command(folder, line);
  CHECK(again.code == 2);
  CHECK(has(again.out, "--overwrite"));
  CHECK(command(folder, line + " --overwrite").code == 0);
}

TEST_CASE("experiment run: several names give a list; a wrong one is refused before anything is trained") {
  const Folder folder;
  const Result two = command(folder, "experiment run 16.2-vgg16-lr-1e-4 16.2-vgg16-lr-1e-6 --scale smoke --run out --json");
  REQUIRE(two.code == 0);
  REQUIRE(json_of(two).is_array());
  CHECK(json_of(two).at(std::size_t{1}).at("experiment").string() == "16.2-vgg16-lr-1e-6");
  CHECK(fs::exists(folder.path / "out/16.2-vgg16-lr-1e-6/config.toml"));

  const Result wrong = command(folder, "experiment run 16.2-vgg16-lr-1e-4 16.2-vgg16-lr-1e4 --scale smoke --run other");
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "16.2-vgg16-lr-1e-4"));
  CHECK_FALSE(fs::exists(folder.path / "other"));
  const Result variant = command(folder, "experiment run 16.1-cifar-convnet --scale smoke --variant tanh");
  CHECK(variant.code == 2);
  CHECK(has(variant.err, "relu"));
  CHECK(command(folder, "experiment run 16.2-vgg16-lr-1e-4 --scale huge").code == 2);
  CHECK(command(folder, "experiment run 16.2-vgg16-lr-1e-4 --scale smoke --repeat 0").code == 2);
}

TEST_CASE("experiment run: pretrained weights that are not here end it before the data is looked for, with the command that gets them") {
  const Folder folder;
  const Result r = command(folder, "experiment run 16.2-vgg16-lr-1e-4 --scale lecture --data nowhere/", "env -u LEHR_DATA HOME=\"$PWD\"");
  CHECK(r.code == 3);
  CHECK(has(r.err, "lehr weights fetch vgg16"));
  CHECK_FALSE(has(r.err, "nowhere"));
  CHECK_FALSE(fs::exists(folder.path / "runs"));
}

TEST_CASE("experiment run 16.3.2: best and last are both tested; a process killed in the middle of an epoch goes on to the same numbers") {
  const Folder folder;
  const Result r = command(folder, "experiment run 16.3.2-model-checkpoint --scale smoke --run out --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue document = json_of(r);
  const JsonValue& run = document.at("runs").at(std::size_t{0});
  CHECK(std::isfinite(run.at("best_test_accuracy").number()));
  CHECK(run.at("killed").at("killed").boolean());
  CHECK(run.at("killed").at("epochs").integer() == run.at("killed").at("equal_epochs").integer());
  CHECK(run.at("killed").at("epochs").integer() > run.at("killed").at("after_epochs").integer());
  CHECK(fs::exists(folder.path / "out/model_celeb.weights.h5"));
  CHECK(fs::exists(folder.path / "out/killed/checkpoint.lehr"));
}

TEST_CASE("experiment run 16.2: the diagrams come from steps that follow the closed form") {
  const Folder folder;
  const Result r = command(folder, "experiment run 16.2-gradient-descent 16.2-rate-impact --scale smoke --run out");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(has(r.out, "every step agrees with the closed form"));
  CHECK(has(r.out, "too large: every step ends higher"));
  for (const char* file : {"descent.csv", "descent.svg", "descent.png"})
    CHECK(fs::file_size(folder.path / "out/16.2-rate-impact" / file) > 400);
}

TEST_CASE("experiment run: the best epoch's test accuracy is what evaluate says of the best weights") {
  const Folder folder;
  const Result r = command(
      folder,
      "experiment run 16.3.1-early-stopping --scale smoke --seed 5 --run out --json --data 'faces(people=3, per_person=12, size=24)'");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue document = json_of(r), evaluated = json_of(command(folder, "evaluate out --json"));
  const JsonValue& run = document.at("runs").at(std::size_t{0});
  CHECK(run.at("test_loss").number() == doctest::Approx(evaluated.at("last").at("loss").number()));
  CHECK(run.at("best_test_loss").number() == doctest::Approx(evaluated.at("best").at("loss").number()));
}

TEST_CASE("experiment run: other data, other classes; the report has the lecture's value, ours, a verdict and the lesson") {
  const Folder folder;
  const Result r =
      command(folder, "experiment run 16.1-cifar-convnet --variant relu --scale smoke --data 'faces(people=5, per_person=8, size=16)'");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(has(lehr::read_file(folder.path / "runs" / fs::directory_iterator(folder.path / "runs")->path() / "config.toml"),
            "lecture_cnn(activation=relu, classes=5)"));
  for (const char* word : {"not printed", "here", "verdict", "lesson", "largest class"}) CHECK(has(r.out, word));
  CHECK(command(folder, "experiment run 16.1-cifar-convnet --scale smoke --data nowhere/").code == 3);
}

TEST_SUITE("slow") {  // 14 s of processor time
  TEST_CASE("demo: three rates, three endings, the pictures it names, and one JSON document") {
    const Folder folder;
    const Result r = command(folder, "demo --run tale --json");
    CAPTURE(r.err);
    REQUIRE(r.code == 0);
    const JsonValue json = json_of(r);
    REQUIRE(json.at("runs").size() == 3);
    const JsonValue &works = json.at("runs").at(std::size_t{0}), &slow = json.at("runs").at(std::size_t{1}),
                    &collapses = json.at("runs").at(std::size_t{2});
    CHECK(works.at("test_accuracy").number() > 0.9);
    CHECK(has(slow.at("verdict").string(), "too slow"));
    CHECK(has(collapses.at("verdict").string(), "collapsed"));
    CHECK(has(collapses.at("why").string(), "steps were too large"));
    CHECK(collapses.at("test_accuracy").number() == doctest::Approx(json.at("data").at("largest_class").number()));
    CHECK(json.at("pictures").size() >= 5);
    for (const auto& picture : json.at("pictures").elements()) CHECK(fs::file_size(folder.path / picture.string()) > 10'000);
    CHECK(has(lehr::read_file(folder.path / "tale/report.txt"), "tale/rates.png"));
    CHECK(command(folder, "demo --run tale").code == 2);
  }
}

TEST_CASE(
    "experiment run 16.2-lr-finder: each seed trains at its own test's valley; suggestions with their band, and two charts of all seeds") {
  const Folder folder;
  const std::string line = "experiment run 16.2-lr-finder --scale smoke --repeat 2 --run out ";
  const Result r = command(folder, line);
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.out.find("over 2 seeds") != std::string::npos);
  CHECK(r.out.find("out/seed-1/lr_finder.png") != std::string::npos);
  CHECK(r.out.find("so its rate is the lecture's times") == std::string::npos);
  const JsonValue json = JsonValue::parse(command(folder, line + "--overwrite --json").out, "stdout");
  const JsonValue& valley = json.at("suggestions").at("valley");
  double low = 1, high = 0;
  for (const auto& run : json.at("runs").elements()) {
    const double rate = run.at("learning_rate").number();
    low = std::min(low, rate), high = std::max(high, rate);
    const std::string history = lehr::read_file(folder.path / run.at("run").string() / "history.csv");
    const double trained = lehr::parse_history_csv(history, "history.csv").at("learning_rate", 0);
    CHECK(trained == doctest::Approx(rate).epsilon(1e-6));
  }
  // A run's rate is its valley to two digits.
  CHECK(valley.at("low").number() == doctest::Approx(low).epsilon(0.06));
  CHECK(valley.at("high").number() == doctest::Approx(high).epsilon(0.06));
  const JsonValue all = JsonValue::parse(lehr::read_file(folder.path / "out/seed-1/lr_finder.json"), "lr_finder.json");
  CHECK(all.at("runs").size() == 2);
}
