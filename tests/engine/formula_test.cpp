// Formulas: expected numbers are Python's own for the same text.
#include "engine/spec/formula.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "kernels/error.h"

using namespace lehr;

namespace {

double at(std::string_view text, FormulaValues values = {}) { return Formula(text)(values); }

std::string error_of(std::string_view text) {
  try {
    Formula(text, "--learning-rate");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    return error.what();
  }
  return "(no error)";
}

}  // namespace

TEST_CASE("formula: precedence and meaning are Python's") {
  CHECK(at("1 + 2 * 3 - 4 / 8") == 6.5);
  CHECK(at("-2 ** 2") == -4);
  CHECK(at("2 ** -1") == 0.5);
  CHECK(at("2 ** 3 ** 2") == 512);
  CHECK(at("(2 ** 3) ** 2") == 64);
  CHECK(at("-7 % 3") == 2);
  CHECK(at("7 % -3") == -2);
  CHECK(at("-7 // 2") == -4);
  CHECK(at("10 - 3 - 2") == 5);
  CHECK(at("2 * -3") == -6);
  CHECK(at("round(2.5)") == 2);
  CHECK(at("1 < 2 < 3") == 1);
  CHECK(at("1 < 3 < 2") == 0);
  CHECK(at("not 1 == 2 and 3 >= 3") == 1);
  CHECK(at("0 or 5") == 5);
  CHECK(at("1 if 2 > 1 else 3 if 0 else 4") == 1);
  CHECK(at("1 if 0 else 3 if 0 else 4") == 4);
  CHECK(at("min(3, 1, 2) + max(1, 2)") == 3);
  CHECK(at("pow(2, 10)") == 1024);
  CHECK(at("math.floor(2.7) + np.sqrt(16)") == 6);
  CHECK(at("cos(pi)") == -1);
  CHECK(at("log(e)") == 1);
  CHECK(at("1e-3 + .5 + 2.") == 2.501);
  CHECK(std::isnan(at("log(0 - 1)")));
}

TEST_CASE("formula: the lecture's schedules") {
  for (int epoch = 0; epoch < 50; ++epoch) {
    const FormulaValues v{.epoch = double(epoch), .step = 10.0 * epoch, .lr = 0.3, .initial = 0.01, .epochs = 50};
    CHECK(at("initial * 0.5 ** floor(epoch / 15)", v) == 0.01 * std::pow(0.5, epoch / 15));
    CHECK(at("initial * exp(-0.1 * epoch)", v) == 0.01 * std::exp(-0.1 * epoch));
    CHECK(at("lr / (1 + 1e-6 * epoch)", v) == 0.3 / (1 + 1e-6 * epoch));
    CHECK(at("0.5 * initial * (1 + cos(pi * epoch / epochs))", v) == doctest::Approx(0.005 * (1 + std::cos(std::acos(-1.0) * epoch / 50))));
  }
  CHECK(Formula("initial / (1 + step)").uses_step());
  CHECK_FALSE(Formula("initial / (1 + epoch)").uses_step());
}

TEST_CASE("formula: errors point at the place") {
  CHECK(error_of("initial * epok") ==
        "--learning-rate, column 11: unknown variable 'epok'; expected epoch, step, lr, initial, epochs, pi, e or inf. Did you mean "
        "epoch?\n"
        "  initial * epok\n"
        "            ^");
  CHECK(error_of("initial *") ==
        "--learning-rate, column 10: the formula breaks off; expected a number, a variable, a function or '('.\n"
        "  initial *\n"
        "           ^");
  CHECK(error_of("(epoch + 1").find("the '(' (column 1) is not closed; expected an operator or ')'") != std::string::npos);
  CHECK(error_of("pow(2)").find("pow does not take 1 values; expected 2") != std::string::npos);
  CHECK(error_of("flor(2)").find("unknown function 'flor'") != std::string::npos);
  CHECK(error_of("1 2").find("column 3: this does not fit; expected an operator or the end") != std::string::npos);
  CHECK(error_of("1 if 2").find("the 'if' has no 'else'") != std::string::npos);
  CHECK(error_of("1.2.3").find("this does not fit") != std::string::npos);
  CHECK(error_of("1e").find("this is no number") != std::string::npos);
  CHECK(error_of("") == "--learning-rate: the formula is empty.");
  CHECK(error_of(std::string(2000, '(')).find("nested too deep") != std::string::npos);
  CHECK(error_of(std::string(2000, '-')).find("nested too deep") != std::string::npos);
  CHECK(error_of(std::string(5000, '1')).find("too long") != std::string::npos);
}

TEST_CASE("formula: any text either compiles and computes or is a usage error") {
  std::mt19937 random(3);
  const std::string examples[] = {"initial * 0.5 ** floor(epoch / 15)", "1 if epoch < 10 and not step else lr",
                                  "max(0, min(1, -pi // 3 % 2))"};
  const std::string alphabet = "()*/%+-.,<=> 0123e\xC3";
  int compiled = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = examples[random() % 3];
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const auto place = random() % (text.size() + 1);
      if (random() % 2 == 0) {
        text.insert(place, 1, alphabet[random() % alphabet.size()]);
      } else {
        text.erase(place, 1 + random() % 3);
      }
    }
    try {
      (void)Formula(text)({.epoch = 3, .step = 5, .lr = 0.1, .initial = 1, .epochs = 9});
      ++compiled;
    } catch (const Error& error) {
      REQUIRE(error.info().category == Category::usage);
    }
  }
  CHECK(compiled > 1000);
}
