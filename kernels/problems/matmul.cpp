#include "kernels/matmul.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/matmul.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr::check {
namespace {

MatmulSpec spec_of(const Problem& p) {
  return {.m = p.number("m", 1),
          .n = p.number("n", 1),
          .k = p.number("k", 1),
          .transpose_a = p.number("ta", 0) != 0,
          .transpose_b = p.number("tb", 0) != 0,
          .a = dtype_word(p, "a"),
          .b = dtype_word(p, "b"),
          .c = dtype_word(p, "c"),
          .bias = p.number("bias", 0) != 0,
          .activation = activation_word(p),
          .variant = variant_word(p),
          .tf32 = p.number("tf32", 0) != 0};
}

}  // namespace

Case matmul_case(const Problem& problem, Backend& backend) {
  const MatmulSpec s = spec_of(problem);
  Case on(backend);
  const auto op = on.prepare(s);
  auto &a = on.input(s.a, s.m * s.k), &b = on.input(s.b, s.k * s.n), &bias = on.input(DType::f32, s.bias ? s.n : 0),
       &c = on.memory(s.c, s.m * s.n), &workspace = on.workspace(op->workspace_bytes());
  on.add({.name = "product",
          .run = [op, &a, &b, &bias, &c, &workspace, &stream = on.stream()] { op->run(a, b, bias, c, workspace, stream); },
          .results = {{"c", &c,
                       [s, &a, &b, &bias] {
                         auto sums = reference::matmul(s, a.values(), b.values(), bias.values());
                         for (double& m : sums.magnitude) m += 1;
                         Expected e = within(s.c, static_cast<double>(s.k + 1), std::move(sums.value), sums.magnitude);
                         return s.tf32 ? in_tf32(std::move(e), sums.magnitude) : e;
                       }}},
          .flops = 2.0 * static_cast<double>(s.m * s.n) * static_cast<double>(s.k),
          .bytes = traffic(a, b, c),
          .dtype = s.a,
          .any_threads = s.variant == Variant::ours});
  return on;
}

bool matmul_offered(const Problem& problem, Backend& backend) {
  const MatmulSpec s = spec_of(problem);
#ifdef LEHR_WITH_CUDA
  if (backend.kind() == DeviceKind::cuda) {  // operands of two types have one rung, the tensor rung has no float32
    const bool rung = s.variant > Variant::ours, tensor = s.variant == Variant::tensor;
    const bool library_takes = s.variant != Variant::library || (s.k != 0 && s.a == s.b && (s.a == DType::bf16 || s.c == DType::f32));
    return available(static_cast<Cuda&>(backend), s.variant) && library_takes && (!rung || s.a == s.b) &&
           (!tensor || s.tf32 || s.a == DType::bf16);
  }
#endif
  return available(static_cast<Cpu&>(backend), s.variant) && (s.variant != Variant::library || (s.k != 0 && s.a == s.b));
}

}  // namespace lehr::check
