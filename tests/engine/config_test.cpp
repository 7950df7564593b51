// config.toml: what a run writes, a run can read.
#include "engine/config.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <random>

#include "kernels/error.h"

using namespace lehr;

namespace {

std::string parse_error(std::string_view text) {
  try {
    Config::parse(text, "run.toml");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::data);
    return error.what();
  }
  return "(no error)";
}

}  // namespace

TEST_CASE("config: reads flags in the order of the file") {
  const Config config = Config::parse(
      "# a run\n"
      "model = 'conv2d(32, 3) | flatten'\n"
      "learning_rate = 1e-4\n"
      "epochs = 10\n"
      "callback = [\"early_stopping(patience=20)\", 'csv_logger(log.csv)']\n"
      "no-shuffle = true\n"
      "batch-size = 0x20\n");
  REQUIRE(config.entries().size() == 6);
  CHECK(config.entries()[0].name == "model");
  CHECK(config.entries()[1].name == "learning-rate");
  CHECK(config.entries()[1].line == 3);
  CHECK(config.value("learning-rate") == "0.0001");
  CHECK(config.value("learning_rate") == "0.0001");
  CHECK(config.value("batch-size") == "32");
  CHECK(config.value("no-shuffle") == "true");
  CHECK_FALSE(config.value("callback").has_value());
  CHECK(config.find("callback")->values == std::vector<std::string>{"early_stopping(patience=20)", "csv_logger(log.csv)"});
  CHECK(config.find("nothing") == nullptr);
  CHECK(config.text() ==
        "model = \"conv2d(32, 3) | flatten\"\nlearning-rate = 0.0001\nepochs = 10\n"
        "callback = [\"early_stopping(patience=20)\", \"csv_logger(log.csv)\"]\nno-shuffle = true\nbatch-size = 32\n");
}

TEST_CASE("config: errors name file, line and column") {
  CHECK(parse_error("a = 1\nb = \n").starts_with("run.toml, line 2, column "));
  CHECK(parse_error("a = 1\na = 2\n").find("run.toml, line 2") == 0);
  CHECK(parse_error("batch-size = 1\nbatch_size = 2\n") == "run.toml, line 2: 'batch-size' is set twice, first on line 1.");
  CHECK(parse_error("[fit]\nepochs = 3\n").find("run.toml, line 1, column 1: 'fit' is no setting; expected text, a number") == 0);
  CHECK(parse_error("x = [[1]]").find("'x' is no setting") != std::string::npos);
  CHECK(parse_error("x = 1979-05-27").find("'x' is no setting") != std::string::npos);
  CHECK(parse_error(std::string("x = ") + std::string(100000, '[')) != "(no error)");
  CHECK_THROWS_AS(Config::read("/nowhere/run.toml"), Error);
}

TEST_CASE("config: any names and values read back, exactly as text") {
  std::mt19937 random(9);
  const std::string pieces[] = {"a", "\"",   "\\", "\n",       "\t",   "'",    "#", "=", "1", "e-05",
                                ".", "true", " ",  "\xC3\xA4", "\x7F", "\x01", "-", "0", "\r"};
  for (int round = 0; round < 2000; ++round) {
    Config config;
    const auto text = [&] {
      std::string out;
      for (auto n = random() % 6; n > 0; --n) out += pieces[random() % std::size(pieces)];
      return out;
    };
    for (int i = 0; i < 4; ++i) {
      const std::string name = "flag" + std::to_string(i) + (round % 7 == 0 ? text() : "");
      if (random() % 3 == 0) {
        std::vector<std::string> values;
        for (auto n = random() % 4; n > 0; --n) values.push_back(text());
        config.set(name, values);
      } else {
        config.set(name, text());
      }
    }
    CAPTURE(config.text());
    const Config back = Config::parse(config.text());
    REQUIRE(back.entries().size() == config.entries().size());
    for (std::size_t i = 0; i < back.entries().size(); ++i) {
      REQUIRE(back.entries()[i].name == config.entries()[i].name);
      REQUIRE(back.entries()[i].values == config.entries()[i].values);
      REQUIRE(back.entries()[i].list == config.entries()[i].list);
    }
  }
  for (const char* value :
       {"1", "-3", "0.5", "1e-05", "1e-4", "007", "+1", "nan", "inf", "1_000", "", "true", "True", "-0", "1e+20", "9223372036854775808"}) {
    Config config;
    config.set("x", value);
    CHECK(Config::parse(config.text()).value("x") == value);
  }
}

TEST_CASE("config: reads a file") {
  const std::string path = LEHR_BINARY_DIR "/config_test.toml";
  std::ofstream(path) << "epochs = 3\n";
  CHECK(Config::read(path).value("epochs") == "3");
  std::ofstream(path) << "";
  CHECK(Config::read(path).entries().empty());
  std::remove(path.c_str());
}
