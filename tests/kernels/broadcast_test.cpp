#include "kernels/broadcast.h"

#include "kernels/error.h"
#include "kernels/reference/broadcast.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("broadcast: every problem agrees with float64") { check::family("broadcast"); }

TEST_CASE("broadcast: the reference's gradients are those of its values") {
  for (const auto function : {BinaryFunction::multiply, BinaryFunction::divide, BinaryFunction::maximum, BinaryFunction::prelu}) {
    const BroadcastSpec s{.function = function, .a = {3, 1, 4}, .b = {1, 2, 4}};
    const auto a = check::uniform(12, 1), dy = check::uniform(24, 3);
    auto b = check::uniform(8, 2);
    for (double& v : b) v += 2;
    for (const bool of_b : {false, true})
      check::gradient(
          "broadcast", [&](const auto& at) { return check::dot(reference::broadcast(s, of_b ? a : at, of_b ? at : b), dy); }, of_b ? b : a,
          reference::broadcast_backward(s, of_b, a, b, dy).value);
  }
}

TEST_CASE("broadcast: axes that do not fit are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(BroadcastSpec{.a = {1, 2, 3}, .b = {1, 1, 2}}, cpu), Error);
  CHECK_THROWS_AS(make(BroadcastSpec{.a = {1, 1, 1}, .b = {1, 1, 1}, .dtype = DType::i32}, cpu), Error);
}

}  // namespace lehr
