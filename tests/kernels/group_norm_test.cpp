#include "kernels/group_norm.h"

#include "kernels/error.h"
#include "kernels/reference/group_norm.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("group normalization: every problem agrees with float64") { check::family("group_norm"); }

TEST_CASE("group normalization: the reference's gradients are those of its values") {
  const GroupNormSpec s{.batch = 2, .pixels = 3, .channels = 4, .groups = 2};
  const auto x = check::uniform(24, 1), gamma = check::uniform(4, 2), beta = check::uniform(4, 3), dy = check::uniform(24, 4);
  const auto g = reference::group_norm_backward(s, x, dy, gamma);
  const auto y = [&](const auto& at, const auto& scale, const auto& offset) {
    return check::dot(reference::group_norm(s, at, scale, offset).value, dy);
  };
  check::gradient("dx", [&](const auto& at) { return y(at, gamma, beta); }, x, g.dx.value);
  check::gradient("d gamma", [&](const auto& at) { return y(x, at, beta); }, gamma, g.d_gamma.value);
  check::gradient("d beta", [&](const auto& at) { return y(x, gamma, at); }, beta, g.d_beta.value);
}

TEST_CASE("group normalization: groups that do not divide the channels are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(GroupNormSpec{.batch = 1, .channels = 5, .groups = 2}, cpu), Error);
  CHECK_THROWS_AS(make(GroupNormBackwardSpec{{.batch = 1, .channels = 5, .groups = 0}}, cpu), Error);
}

}  // namespace lehr
