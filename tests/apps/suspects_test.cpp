// lehr data suspects and fit --exclude: labels turned round on purpose are doubted, and a run without them keeps their list.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "engine/json.h"
#include "tests/check/command.h"

namespace {

using lehr::JsonValue;
namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }
JsonValue json_of(const Result& r) { return JsonValue::parse(r.out, "stdout"); }

/// Every eighth label becomes the next class; which files those are.
std::set<std::string> turn_labels(const fs::path& file, const std::string& part, int classes) {
  const std::string text = lehr::read_file(file);
  std::set<std::string> turned;
  std::string out;
  std::size_t begin = 0;
  for (int i = 0; begin < text.size(); ++i) {
    const auto end = std::min(text.find('\n', begin), text.size());
    int id = std::atoi(text.substr(begin, end - begin).c_str());
    if (i % 8 == 3) {
      id = (id + 1) % classes;
      turned.insert(part + "/image_" + std::to_string(i) + ".png");
    }
    out += std::to_string(id) + "\n";
    begin = end + 1;
  }
  lehr::write_file_atomically(file, out);
  return turned;
}

}  // namespace

TEST_CASE("data suspects: wrong labels, as a network sees them that did not train on them; fit --exclude leaves them out and says so") {
  const Folder folder;
  REQUIRE(command(folder, "data make 'faces(people=3, per_person=60, size=24)' --output set").code == 0);
  const auto turned = turn_labels(folder.path / "set/test_labels.csv", "Test", 3);
  REQUIRE(turned.size() >= 3);
  const std::string model = " --model 'flatten | dense(64, relu) | dense(3, softmax)' --threads 1 --quiet";
  REQUIRE(command(folder, "fit --data set --epochs 40 --run judge" + model).code == 0);

  const Result r = command(folder, "data suspects set --run judge --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const JsonValue report = json_of(r);
  std::set<std::string> doubted;
  for (const auto& s : report.at("suspects").elements())
    if (s.at("kind").string() == "label" && s.at("part").string() == "Test") doubted.insert(s.at("name").string());
  std::size_t found = 0;
  for (const auto& name : turned) found += doubted.count(name);
  MESSAGE(found << " of " << turned.size() << " turned labels doubted, " << doubted.size() - found << " others of the test part");
  CHECK(found * 4 >= turned.size() * 3);
  CHECK(doubted.size() - found <= 4);
  CHECK(fs::exists(folder.path / "suspects.png"));
  const std::string list = lehr::read_file(folder.path / "suspects.txt");
  for (const auto& name : doubted) CHECK(has(list, name + "\tlabel: labelled "));

  const Result fit =
      command(folder, "fit --data set --epochs 1 --run without --exclude suspects.txt --threads 2 --model 'flatten | dense(3, softmax)'");
  CAPTURE(fit.err);
  REQUIRE(fit.code == 0);
  CHECK(has(fit.out, std::to_string(report.at("suspects").size()) + " samples left out"));
  CHECK(lehr::read_file(folder.path / "without/excluded.txt") == list);
  // The run's own list, though the one it was given is gone.
  fs::remove(folder.path / "suspects.txt");
  CHECK(command(folder, "evaluate without").code == 0);
  CHECK(command(folder, "fit --resume without --epochs 2 --quiet").code == 0);
  CHECK(command(folder, "fit --data set --epochs 1 --run no --exclude suspects.txt" + model).code == 3);
}

TEST_CASE("data suspects: a broken file stops neither the search nor a training that excludes it") {
  const Folder folder;
  REQUIRE(command(folder, "data make 'faces(people=3, per_person=10, size=24)' --output set").code == 0);
  lehr::write_file_atomically(folder.path / "set/Train/image_0.png", "no picture");
  lehr::write_file_atomically(folder.path / "set/Train/image_4.png", "");
  const std::string fit = "fit --data set --epochs 1 --threads 1 --model 'flatten | dense(3, softmax)' --run ";
  CHECK(command(folder, fit + "a").code == 3);
  const Result r = command(folder, "data suspects set --image-size 24");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(has(r.out, "broken"));
  CHECK(has(r.out, "2 of "));
  CHECK(has(r.out, "--run RUN"));
  CHECK(command(folder, fit + "b --exclude suspects.txt").code == 0);
}
