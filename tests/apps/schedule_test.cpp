// lehr schedule as a script meets it: the JSON of the contract, pictures, warnings, refusals.
#include <doctest/doctest.h>

#include <filesystem>

#include "engine/json.h"
#include "tests/check/command.h"

using lehr::JsonValue;

TEST_CASE("schedule: the rates of each epoch's first step as JSON; several give a list") {
  const Folder folder;
  const Result one = command(folder, "schedule 'step_decay(0.5, 2)' --learning-rate 0.1 --epochs 4 --steps-per-epoch 10 --json");
  REQUIRE(one.code == 0);
  CHECK(one.out == "{\"epoch\":[0,1,2,3],\"step\":[0,10,20,30],\"learning_rate\":[0.1,0.1,0.05,0.05]}\n");
  // A schedule of the lecture moves every epoch, one of Keras's every step.
  const Result two = command(
      folder, "schedule 'initial * 0.5 ** floor(epoch / 2)' 'exponential_decay(1.0, 10, 0.5)' --epochs 3 --steps-per-epoch 10 --json");
  REQUIRE(two.code == 0);
  const JsonValue list = JsonValue::parse(two.out, "stdout");
  CHECK(list.at(0).at("learning_rate").at(2).number() == 0.0005);
  CHECK(list.at(1).at("learning_rate").at(2).number() == 0.25);
  CHECK(two.err.empty());
}

TEST_CASE("schedule: draws, writes pictures, and says where a schedule hardly moves") {
  const Folder folder;
  const Result r = command(folder, "schedule time_based_decay cosine --learning-rate 1e-4 --epochs 100 --picture a.svg --picture a.png");
  CHECK(r.code == 0);
  CHECK(r.err.find("time_based_decay changes the rate by 0.5 % over the run") != std::string::npos);
  CHECK(r.out.find("cosine: 0.0001 at the begin") != std::string::npos);
  CHECK(std::filesystem::file_size(folder.path / "a.svg") > 1000);
  CHECK(std::filesystem::file_size(folder.path / "a.png") > 1000);
}

TEST_CASE("schedule: what is wrong is said") {
  const Folder folder;
  for (const auto& [arguments, word] : {std::pair{"schedule cosin --epochs 3", "cosine"},
                                        {"schedule cosine", "--epochs"},
                                        {"schedule cosine --epochs 0", "--epochs"},
                                        {"schedule 'initial - epoch' --epochs 3", "epoch 1"},
                                        {"schedule 'cosine_decay(0.1, -3)' --epochs 3", "decay_steps"},
                                        {"schedule cosine --epochs 3 --picture a.gif", ".svg"}}) {
    const Result r = command(folder, arguments);
    CAPTURE(arguments);
    CHECK(r.code == 2);
    CHECK_MESSAGE(r.err.find(word) != std::string::npos, r.err);
  }
}
