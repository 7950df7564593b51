#include "kernels/matmul.h"

#include <array>

#include "kernels/cpu.h"
#include "kernels/error.h"
#include "kernels/make.h"
#include "kernels/problem.h"
#include "kernels/problems/matmul.h"
#include "tests/check/op.h"
#include "tests/reference/matmul.h"

namespace lehr {
namespace {

using check::Guarded;

std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }

void check_matmul(Cpu& cpu, const MatmulSpec& s, const std::string& name) {
  const auto a = check::random_input(cpu, s.a, count(s.m * s.k), 1), b = check::random_input(cpu, s.b, count(s.k * s.n), 2);
  const auto bias = check::random_input(cpu, DType::f32, s.bias ? count(s.n) : 0, 3);
  Guarded c(cpu, s.c, count(s.m * s.n));
  const auto op = make(s, cpu);
  const Guarded workspace(cpu, DType::u8, op->workspace_bytes());
  op->run(a.buffer, b.buffer, bias.buffer, c, workspace, cpu.stream());
  const auto want = reference::matmul(s, a.values, b.values, bias.values);
  check::report(name, check::compare(c.values(), want.value, [&](std::size_t i) {
                  return check::tolerance(s.c, static_cast<double>(s.k + 1), want.magnitude[i] + 1, want.value[i]);
                }));
  CHECK(c.guards_intact());
  CHECK(workspace.guards_intact());
  const auto first = c.bytes();
  c.clear();
  op->run(a.buffer, b.buffer, bias.buffer, c, workspace, cpu.stream());
  CHECK(c.bytes() == first);
}

struct Types {
  DType a, b, c;
};
constexpr std::array<Types, 4> all_types{{{DType::f32, DType::f32, DType::f32},
                                          {DType::bf16, DType::bf16, DType::bf16},
                                          {DType::bf16, DType::bf16, DType::f32},
                                          {DType::f32, DType::bf16, DType::bf16}}};

}  // namespace

TEST_CASE("matmul: every variant agrees with float64") {
  Cpu cpu(2);
  for (const char* file : {"small", "tails"})
    for (const Problem& problem : read_problems(std::string(LEHR_TESTS_DIR) + "/problems/matmul/" + file + ".txt"))
      for (const Variant variant : {Variant::automatic, Variant::library, Variant::ours})
        for (const Types types : all_types) {
          MatmulSpec s = matmul_problem(problem);
          if (variant == Variant::library && (!available(cpu, variant) || s.k == 0 || types.a != types.b)) continue;
          s.variant = variant;
          s.a = types.a;
          s.b = types.b;
          s.c = types.c;
          const std::string name = problem.text() + " " + std::string(name_of(variant)) + " " + std::string(name_of(types.a)) + " " +
                                   std::string(name_of(types.b)) + " " + std::string(name_of(types.c));
          CAPTURE(name);
          check_matmul(cpu, s, name);
        }
}

TEST_CASE("matmul: the bits of our own kernel do not depend on the number of threads") {
  std::vector<unsigned char> first;
  for (const int threads : {1, 2, 3}) {
    Cpu cpu(threads);
    const MatmulSpec s{.m = 70, .n = 90, .k = 300, .variant = Variant::ours};
    const auto a = check::random_input(cpu, s.a, count(s.m * s.k), 1), b = check::random_input(cpu, s.b, count(s.k * s.n), 2);
    const Guarded c(cpu, s.c, count(s.m * s.n));
    const auto op = make(s, cpu);
    const Guarded workspace(cpu, DType::u8, op->workspace_bytes());
    op->run(a.buffer, b.buffer, {}, c, workspace, cpu.stream());
    if (first.empty()) first = c.bytes();
    CHECK(c.bytes() == first);
  }
}

TEST_CASE("matmul: problems that make no sense are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(MatmulSpec{.m = -1, .n = 2, .k = 3}, cpu), Error);
  CHECK_THROWS_AS(make(MatmulSpec{.m = 1, .n = 2, .k = 3, .a = DType::u8}, cpu), Error);
  CHECK_THROWS_AS(make(MatmulSpec{.m = 1, .n = 2, .k = 3, .activation = Activation::gelu}, cpu), Error);
}

}  // namespace lehr
