// Searches as a script meets them: what is refused and how, trials whose process dies, a disk that is full.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/command.h"

namespace {

constexpr const char* network =
    "tune --model 'flatten | dense(units:int(8, 32, step=8), relu) | dense(10, softmax)' --data digits --validation-split 0.2 "
    "--batch-size 100 --epochs 1 --threads 1 ";

/// A program as trial: `code` may use p, the values of this trial, and must print a line with the result.
std::string program(const Folder& folder, const std::string& code, const std::string& space) {
  std::ofstream(folder.path / "trial.py") << "import json, os, signal, sys\np = json.loads(sys.argv[1])\n" << code << "\n";
  return "tune --command 'exec python3 -S -E trial.py {params}' --optimizer 'f(" + space + ")' --oracle grid ";
}

void refused(const Folder& folder, const std::string& arguments, std::initializer_list<const char*> words) {
  const Result r = command(folder, arguments + " --quiet");
  CAPTURE(arguments);
  CAPTURE(r.err);
  CHECK(r.code == 2);
  for (const char* word : words) CHECK_MESSAGE(r.err.find(word) != std::string::npos, word);
}

lehr::JsonValue trials(const Folder& folder, const std::string& study) {
  const Result r = command(folder, "tune show " + study + " --json");
  REQUIRE(r.code == 0);
  return lehr::JsonValue::parse(r.out, "stdout");
}

}  // namespace

TEST_CASE("a study is about one thing: another space, other data, other objectives are refused with the difference") {
  const Folder folder;
  REQUIRE(command(folder, network + std::string("--oracle 'random(trials=1)' --study s --quiet")).code == 0);
  std::string other = network;
  other.replace(other.find("int(8, 32"), 9, "int(8, 64");
  refused(folder, other + "--study s", {"--study s", "int(8, 32, step=8)", "int(8, 64, step=8)", "--new"});
  other = network;
  other.replace(other.find("--batch-size 100"), 16, "--batch-size 50 ");
  refused(folder, other + "--study s", {"--batch-size: 100 -> 50", "--new"});
  refused(folder, network + std::string("--study s --objective val_accuracy"), {"val_loss -> max:val_accuracy", "--new"});
  CHECK(trials(folder, "s").size() == 1);
  // --new starts another beside it; the same again goes on.
  REQUIRE(command(folder, other + "--oracle 'random(trials=1)' --study s --new --quiet").code == 0);
  CHECK(trials(folder, "s-1").size() == 1);
  REQUIRE(command(folder, network + std::string("--oracle 'random(trials=2)' --study s --quiet")).code == 0);
  CHECK(trials(folder, "s").size() == 2);
}

TEST_CASE("what cannot be searched is said before anything is made") {
  const Folder folder;
  refused(folder, network + std::string("--objective val_acuracy"), {"val_acuracy"});
  refused(folder, network + std::string("--objective max:f1"), {"--objective f1", "val_accuracy"});
  refused(folder, network + std::string("--oracle hyperbnd"), {"hyperband"});
  refused(folder, network + std::string("--pruner medan"), {"median"});
  refused(folder, network + std::string("--storage mysql://x"), {"sqlite:///FILE"});
  refused(folder, "worker --study nothing", {"nothing", "sqlite:///studies.db"});
  CHECK(command(folder, "tune show nothing").code == 2);
  CHECK(!std::filesystem::exists(folder.path / "studies"));
}

TEST_CASE("--isolate: a process that dies costs its trial, not the search") {
  const Folder folder;
  const std::string search =
      program(folder, "if p['x'] == 2: os.kill(os.getppid(), signal.SIGKILL)\nprint(json.dumps(dict(value=p['x'])))", "x:int(0, 4)");
  const Result r = command(folder, search + "--study s --isolate --json");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  const auto list = trials(folder, "s");
  REQUIRE(list.size() == 5);
  for (const auto& t : list.elements()) {
    const bool dies = t.at("params").at("x").integer() == 2;
    CHECK(t.at("state").string() == (dies ? "FAIL" : "COMPLETE"));
    if (dies) CHECK(t.at("reason").string().find("signal 9") != std::string::npos);
  }
  CHECK(lehr::JsonValue::parse(r.out, "stdout").at("best").at("value").number() == 0);
}

TEST_CASE("a storage that cannot grow: exit code 3 with the reason; with room again a worker ends the study") {
  const Folder folder;
  const std::string search = program(folder, "print(json.dumps(dict(value=p['x'])))", "x:int(0, 59)");
  const Result full = command(folder, search + "--study s --quiet", "ulimit -f 2000 &&");  // blocks of 512 or 1024 bytes
  CAPTURE(full.err);
  CHECK(full.code == 3);
  CHECK(full.err.find("not full?") != std::string::npos);
  const Result rest = command(folder, "worker --study s --quiet");
  CAPTURE(rest.err);
  CHECK(rest.code == 0);
  const auto list = trials(folder, "s");
  CHECK(list.size() == 60);
  for (const auto& t : list.elements()) CHECK(t.at("state").string() == "COMPLETE");
}

#ifndef LEHR_SANITIZED  // a sanitizer's library would have to come first
TEST_CASE(
    "a disk that fills up in a search costs checkpoints, not trials: what is promoted trains from the beginning, to the same values") {
  const Folder folder;
  const std::string search = std::string(network) + "--objective val_accuracy --oracle 'hyperband(4, 2)' --seed 3 --quiet ";
  REQUIRE(command(folder, search + "--study whole").code == 0);
  std::filesystem::create_directories(folder.path / "small");
  const std::string disk = "LD_PRELOAD=" LEHR_BINARY_DIR "/tests/libfull_disk.so LEHR_FULL_DISK='" + (folder.path / "small").string() +
                           "' LEHR_FULL_DISK_BYTES=150000 ";
  std::string loud = search;
  loud.replace(loud.find("--quiet"), 7, "");
  const Result r = command(folder, loud + "--study s --run small", disk);
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.out.find("warning: small/trial-") != std::string::npos);
  CHECK(r.out.find("No space left on device") != std::string::npos);
  const auto list = trials(folder, "s"), whole = trials(folder, "whole");
  REQUIRE(list.size() == whole.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    CHECK(list.at(i).at("state").string() == "COMPLETE");
    CHECK(list.at(i).at("values") == whole.at(i).at("values"));
  }
}

TEST_CASE("a disk that fills up under the storage: exit code 3 with the reason at once; with room again no trial is lost or left running") {
  const Folder folder;
  const std::string search = std::string(network) + "--objective val_accuracy --oracle 'hyperband(4, 2)' --seed 3 --quiet ";
  REQUIRE(command(folder, search + "--study whole").code == 0);
  std::filesystem::create_directories(folder.path / "small");
  const std::string storage = "--storage sqlite:///small/s.db --study s ";
  const std::string disk = "LD_PRELOAD=" LEHR_BINARY_DIR "/tests/libfull_disk.so LEHR_FULL_DISK='" + (folder.path / "small").string() +
                           "' LEHR_FULL_DISK_BYTES=600000 ";
  const Result full = command(folder, search + storage + "--run small/trials", "timeout 20 env " + disk);
  CAPTURE(full.err);
  CHECK(full.code == 3);
  CHECK(full.err.find("full") != std::string::npos);
  CHECK(full.err.find("sqlite:///small/s.db") != std::string::npos);
  const Result rest = command(folder, "worker " + storage + "--run small/trials --quiet");
  CAPTURE(rest.err);
  CHECK(rest.code == 0);
  const auto list = lehr::JsonValue::parse(command(folder, "tune show s --json --storage sqlite:///small/s.db").out, "stdout");
  const auto whole = trials(folder, "whole");
  REQUIRE(list.size() == whole.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    CHECK(list.at(i).at("state").string() == "COMPLETE");
    CHECK(list.at(i).at("values") == whole.at(i).at("values"));
  }
}
#endif

TEST_CASE("a study as csv, json and a page with its pictures") {
  const Folder folder;
  const std::string search = program(
      folder, "print(json.dumps(dict(step=0, value=1 + p['x'])))\nprint(json.dumps(dict(value=(p['x'] - 3) ** 2 + (p['c'] == 'b'))))",
      "x:int(0, 7), c:choice(a, b)");
  REQUIRE(command(folder, search + "--study s --quiet").code == 0);
  const Result csv = command(folder, "tune export s");
  CHECK(csv.out.starts_with("trial,state,value,x,c,seconds,epochs\n"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 17);
  CHECK(lehr::JsonValue::parse(command(folder, "tune export s --format json").out, "json").size() == 16);
  const Result report = command(folder, "report s --pictures pictures --json");
  CAPTURE(report.err);
  REQUIRE(report.code == 0);
  const std::string page = lehr::read_file(folder.path / lehr::JsonValue::parse(report.out, "json").at("report").string());
  CHECK(page.ends_with("</html>\n"));
  CHECK(page.find("http") == page.find("http://www.w3.org"));  // nothing is fetched
  for (const char* name : {"history", "curves", "importance", "parallel", "slices", "contour", "surrogate"}) {
    CAPTURE(std::string(name));
    CHECK(page.find("<h3>" + std::string(name) + "</h3>") != std::string::npos);
    const std::string svg = lehr::read_file(folder.path / "pictures" / (std::string(name) + ".svg"));
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.find("nan") == std::string::npos);
  }
  CHECK(command(folder, "report nothing").code != 0);
}

TEST_CASE("two objectives: both in every line, and a page with what no other trial beats") {
  const Folder folder;
  const std::string search = program(folder, "print(json.dumps(dict(error=(p['x'] - 3) ** 2 + (p['c'] == 'b'), cost=10 - p['x'])))",
                                     "x:int(0, 7), c:choice(a, b)");
  const Result r = command(folder, search + "--study s --objective min:error --objective min:cost");
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.out.find("error 9  cost 10") != std::string::npos);
  const Result report = command(folder, "report s --pictures pictures --json");
  CAPTURE(report.err);
  REQUIRE(report.code == 0);
  for (const char* name : {"history", "pareto", "parallel", "slices", "contour", "surrogate"}) {
    CAPTURE(std::string(name));
    const std::string svg = lehr::read_file(folder.path / "pictures" / (std::string(name) + ".svg"));
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.find("nan") == std::string::npos);
  }
}
