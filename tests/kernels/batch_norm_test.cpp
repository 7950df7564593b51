#include "kernels/batch_norm.h"

#include "kernels/error.h"
#include "kernels/reference/batch_norm.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("batch normalization: every problem agrees with float64") { check::family("batch_norm"); }

TEST_CASE("batch normalization: the reference's gradients are those of its values") {
  constexpr std::size_t channels = 3;
  constexpr double epsilon = 1e-3;
  const auto x = check::uniform(21, 1), dy = check::uniform(21, 2), gamma = check::uniform(channels, 3, 0.5, 2),
             beta = check::uniform(channels, 4);
  const reference::Statistics fixed{check::uniform(channels, 5), check::uniform(channels, 6, 0.5, 1)};
  for (const bool training : {true, false}) {
    const auto statistics = [&](const std::vector<double>& at) { return training ? reference::statistics(channels, at) : fixed; };
    const auto objective = [&](const std::vector<double>& at, const std::vector<double>& g, const std::vector<double>& b) {
      return check::dot(reference::batch_norm(statistics(at), epsilon, at, g, b).value, dy);
    };
    const auto got = reference::batch_norm_backward(statistics(x), epsilon, training, x, dy, gamma);
    check::gradient("d x", [&](const auto& at) { return objective(at, gamma, beta); }, x, got.dx.value);
    check::gradient("d gamma", [&](const auto& at) { return objective(x, at, beta); }, gamma, got.d_gamma.value);
    check::gradient("d beta", [&](const auto& at) { return objective(x, gamma, at); }, beta, got.d_beta.value);
  }
}

TEST_CASE("batch normalization: other element types are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(BatchNormSpec{.rows = 2, .channels = 2, .dtype = DType::f64}, cpu), Error);
  CHECK_THROWS_AS(make(BatchNormBackwardSpec{{.rows = 2, .channels = 2, .dtype = DType::u8}}, cpu), Error);
}

}  // namespace lehr
