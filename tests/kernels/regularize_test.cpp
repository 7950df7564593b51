#include "kernels/regularize.h"

#include "kernels/error.h"
#include "kernels/reference/regularize.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("penalties: every problem agrees with float64") { check::family("penalty"); }

TEST_CASE("constraints: every problem agrees with float64") { check::family("constraint"); }

TEST_CASE("penalties: the reference's gradient is that of its value") {
  const PenaltySpec s{.l1 = 0.25F, .l2 = 0.5F, .scale = 2};
  const auto w = check::uniform(20, 1);
  check::gradient("penalty", [&](const auto& at) { return reference::penalty(s, at); }, w, reference::penalty_gradient(s, w));
}

TEST_CASE("penalties: the slope of |w| at zero is zero") {
  Cpu cpu(1);
  check::Guarded w(cpu, DType::f32, 3), dw(cpu, DType::f32, 3);
  w.assign({0, -0.0, 1}), dw.assign({0, 0, 0});
  make(PenaltySpec{.count = 3, .l1 = 1}, cpu)->run(w, {}, dw, {}, cpu.stream());
  CHECK(dw.values() == std::vector<double>{0, 0, 1});
}

TEST_CASE("constraints: a column of zeros stays zero, and NaN stays visible") {
  Cpu cpu(1);
  for (const ConstraintKind kind : {ConstraintKind::max_norm, ConstraintKind::unit_norm, ConstraintKind::non_neg}) {
    const auto op = make(ConstraintSpec{.kind = kind, .rows = 2, .channels = 2}, cpu);
    check::Guarded w(cpu, DType::f32, 4), workspace(cpu, DType::u8, op->workspace_bytes());
    w.assign({0, std::nan(""), 0, 1});
    op->run(w, {}, nullptr, nullptr, workspace, cpu.stream());
    CHECK(w.values()[0] == 0);
    CHECK(w.values()[2] == 0);
    CHECK(std::isnan(w.values()[1]));
  }
}

TEST_CASE("penalties: other element types are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(PenaltySpec{.count = 1, .dtype = DType::i32}, cpu), Error);
}

}  // namespace lehr
