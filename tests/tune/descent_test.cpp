// Gradient descent on a parabola: the model's own steps beside the closed form, and the pictures' numbers.
#include "tune/descent.h"

#include <doctest/doctest.h>

#include <algorithm>

TEST_CASE("descent: steps of SGD follow (1 - 2 rate)^k w0 to float32's rounding, converging, crossing over and diverging") {
  for (const double rate : {0.02, 0.1, 0.3, 0.9, 1.02}) {
    CAPTURE(rate);
    const lehr::Descent d = lehr::descend(rate, -4, 12);
    REQUIRE(d.weights.size() == 13);
    CHECK(d.weights.front() == -4);
    double exact = -4;  // by the recursion, not by the power that the program uses
    for (std::size_t k = 1; k < d.weights.size(); ++k) {
      exact -= rate * 2 * exact;
      CHECK(d.weights[k] == doctest::Approx(exact).epsilon(1e-5));
      CHECK(d.losses[k] == doctest::Approx(exact * exact).epsilon(1e-5));
    }
    CHECK(d.error > 0);
    CHECK(d.holds());
    CHECK((d.losses.back() > d.losses.front()) == (rate > 1));
  }
}

TEST_CASE("descent: a path that is none is told from the closed form") {
  lehr::Descent d = lehr::descend(0.1, -4, 3);
  CHECK(d.holds());
  d.error = 1e-3;
  CHECK_FALSE(d.holds());
  CHECK(lehr::descent_text({&d, 1}).find("DIFFER") != std::string::npos);
}

TEST_CASE("descent: one row a step and rate in the table, one bowl a rate and the losses in the figure") {
  const std::vector<lehr::Descent> all{lehr::descend(0.1, -4, 2), lehr::descend(0.3, -4, 2)};
  const std::string csv = lehr::descent_csv(all);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 7);
  CHECK(lehr::descent_figure(all, "").panels.size() == 3);
}
