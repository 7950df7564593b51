// lehr auto: the command it prints trains its network again, to the last bit; what it chooses for which data.
#include <doctest/doctest.h>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/command.h"
#include "tune/study/auto_space.h"

using lehr::read_file;

TEST_CASE("lehr auto: the printed command has the same bits") {
#ifdef LEHR_SANITIZED
  const std::string budget = "30s";  // training takes several times as long
#else
  const std::string budget = "6s";
#endif
  const Folder folder;
  const Result found = command(folder, "auto digits --budget " + budget + " --threads 1 --run found --json");
  CAPTURE(found.err);
  REQUIRE(found.code == 0);
  const auto json = lehr::JsonValue::parse(found.out, "stdout");
  CHECK(json.at("trials").integer() >= 2);
  CHECK(json.at("best").at("params").size() >= 4);
  CHECK(json.at("seconds").number() < 60);
  CHECK(json.at("fit").at("evaluate").at("accuracy").number() > 0.5);
  for (const char* file : {"model.keras", "report.html", "command.txt", "config.toml"})
    CHECK(std::filesystem::exists(folder.path / "found" / file));
  const std::string line = json.at("command").string();
  CHECK(read_file(folder.path / "found/command.txt") == line + "\n");
  REQUIRE(line.starts_with("lehr fit "));
  const Result again = command(folder, line.substr(5) + " --run again --quiet");
  CAPTURE(again.err);
  REQUIRE(again.code == 0);
  CHECK(read_file(folder.path / "found/last.weights.h5") == read_file(folder.path / "again/last.weights.h5"));
  CHECK(read_file(folder.path / "found/config.toml").size() > 100);
  // A second one does not write over the first.
  CHECK(command(folder, "auto digits --budget 6s --run found").code == 2);
}

TEST_CASE("lehr auto: a space for the data") {
  using namespace lehr;
  const auto model = [](const DataFacts& f) { return auto_space(f).settings.at(0).values.at(0); };
  CHECK(model({.sample = {13}, .rows = 150, .outputs = 3}).find("conv2d") == std::string::npos);
  CHECK(model({.sample = {13}, .rows = 150, .labels = LabelKind::values, .outputs = 1}).ends_with("dense(1)"));
  CHECK(auto_space({.sample = {13}, .rows = 150, .labels = LabelKind::values, .outputs = 1}).objective == "val_loss");
  CHECK(model({.sample = {8, 8, 1}, .rows = 1500, .outputs = 10}).find("blocks:int(1, 1)") != std::string::npos);
  CHECK(model({.sample = {28, 28, 1}, .rows = 60000, .outputs = 10, .bytes = true}).find("blocks:int(1, 2)") != std::string::npos);
  const DataFacts photographs{.sample = {100, 100, 3}, .rows = 1800, .outputs = 62, .bytes = true, .pretrained_vgg = true};
  CHECK(auto_space(photographs).settings.at(1).values.at(0).find("vgg16") == 0);
  for (const auto& f : {DataFacts{.sample = {13}, .rows = 150, .outputs = 3},
                        DataFacts{.sample = {28, 28, 1}, .rows = 60000, .outputs = 10, .bytes = true}, photographs})
    CHECK(space_of(auto_space(f).settings).parameters().size() >= 4);
  CHECK_THROWS_AS(auto_space({.sample = {4}, .rows = 5, .labels = LabelKind::none}), Error);
}
