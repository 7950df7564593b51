#include "kernels/matmul.h"

#include <cmath>

#include "kernels/error.h"
#include "kernels/fused_matmul.h"
#include "kernels/problems/makers.h"
#include "kernels/problems/rounded_terms.h"
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

bool is_fused(const Problem& p) { return p.has("mask") || p.has("sums"); }
FusedMatmulSpec fused_spec_of(const Problem& p) {
  const std::string_view mask = p.word("mask", "none");
  return {.product = spec_of(p),
          .mask = mask == "writes"    ? ReluMask::writes
                  : mask == "applies" ? ReluMask::applies
                                      : ReluMask::none,
          .sums = p.number("sums", 0) != 0};
}

bool fused_offered(const FusedMatmulSpec& spec, Backend& backend) {
  try {
    return make(spec, backend) != nullptr;
  } catch (const Error&) {
    return false;  // of the element types in turn, those that make no sense
  }
}

Expected product_of(const MatmulSpec& s, const std::string& implementation, const Guarded& a, const Guarded& b, const Guarded& bias) {
  const auto added = bias.values();
  auto sums = reference::matmul(s, a.values(), b.values(), added);
  for (double& m : sums.magnitude) m += 1;
  Expected e = within(s.c, static_cast<double>(s.k + 1), std::move(sums.value), sums.magnitude);
  if (rounds_on_the_way(implementation, s.c)) {
    e = with_rounded(std::move(e), added);
    MatmulSpec before = s;
    before.activation = Activation::linear;
    if (follows_in_a_kernel(s.activation)) e = with_rounded(std::move(e), reference::matmul(before, a.values(), b.values(), added).value);
  }
  return s.tf32 ? in_tf32(std::move(e), sums.magnitude) : e;
}

/// What the mask lets through of a product: where y, as the device has it, is positive.
Expected masked(Expected e, const Guarded* y) {
  if (y == nullptr) return e;
  const auto kept = y->values();
  for (std::size_t i = 0; i < e.value.size(); ++i)
    if (!(kept[i] > 0)) e.value[i] = e.allowed[i] = 0;
  return e;
}

/// The product in one launch; one that applies a mask after another that writes it, as a training step has them.
Case fused_case(const FusedMatmulSpec& f, Backend& backend) {
  const MatmulSpec& s = f.product;
  Case on(backend);
  const std::shared_ptr<FusedMatmul> op = on.prepare(f);
  if (op == nullptr)
    throw Error(
        {.category = Category::usage, .where = "matmul", .what = "this device has no such product in one launch", .got = problem_line(f)});
  auto &a = on.input(s.a, s.m * s.k), &b = on.input(s.b, s.k * s.n), &bias = on.input(DType::f32, s.bias ? s.n : 0),
       &c = on.memory(s.c, s.m * s.n), &sums = on.memory(DType::f32, f.sums ? s.n : 0),
       &mask = f.mask == ReluMask::writes
                   ? on.workspace(op->mask_bytes())  // in a form of the library's own: a result that says nothing here
                   : on.memory(DType::u8, static_cast<std::int64_t>(op->mask_bytes())),
       &workspace = on.workspace(op->workspace_bytes());
  const Guarded* noted = nullptr;
  if (f.mask == ReluMask::applies) {
    const FusedMatmulSpec forward{.product = {.m = s.m, .n = s.n, .k = 16, .a = s.a, .b = s.a, .c = s.a, .activation = Activation::relu},
                                  .mask = ReluMask::writes};
    const std::shared_ptr<FusedMatmul> writes = on.prepare(forward);
    auto &x = on.input(s.a, s.m * 16), &w = on.input(s.a, 16 * s.n), &y = on.memory(s.a, s.m * s.n),
         &scratch = on.workspace(writes->workspace_bytes());
    noted = &y;
    writes->run({.a = x, .b = w, .c = y, .mask = mask}, scratch, on.stream());
    on.stream().synchronize();
  }
  std::vector<Result> results{
      {"c", &c, [s, op, noted, &a, &b, &bias] { return masked(product_of(s, op->implementation(), a, b, bias), noted); }}};
  if (f.sums)
    results.push_back({"sums", &sums, [s, &b] {
                         const auto values = b.values();
                         std::vector<double> total(static_cast<std::size_t>(s.n)), magnitude(total.size(), 1);
                         for (std::size_t i = 0; i < values.size(); ++i) {
                           total[i % total.size()] += values[i];
                           magnitude[i % total.size()] += std::abs(values[i]);
                         }
                         return within(DType::f32, static_cast<double>(s.k), std::move(total), magnitude);
                       }});
  on.add(
      {.name = "product",
       .run = [op, &a, &b, &bias, &c, &mask, &sums, &workspace,
               &stream = on.stream()] { op->run({.a = a, .b = b, .bias = bias, .c = c, .mask = mask, .sums = sums}, workspace, stream); },
       .results = std::move(results),
       .flops = 2.0 * static_cast<double>(s.m * s.n) * static_cast<double>(s.k),
       .bytes = traffic(a, b, c, mask, sums),
       .dtype = s.a});
  return on;
}

}  // namespace

Case matmul_case(const Problem& problem, Backend& backend) {
  if (is_fused(problem)) return fused_case(fused_spec_of(problem), backend);
  const MatmulSpec s = spec_of(problem);
  Case on(backend);
  const auto op = on.prepare(s);
  auto &a = on.input(s.a, s.m * s.k), &b = on.input(s.b, s.k * s.n), &bias = on.input(DType::f32, s.bias ? s.n : 0),
       &c = on.memory(s.c, s.m * s.n), &workspace = on.workspace(op->workspace_bytes());
  on.add({.name = "product",
          .run = [op, &a, &b, &bias, &c, &workspace, &stream = on.stream()] { op->run(a, b, bias, c, workspace, stream); },
          .results = {{"c", &c, [s, op, &a, &b, &bias] { return product_of(s, op->implementation(), a, b, bias); }}},
          .flops = 2.0 * static_cast<double>(s.m * s.n) * static_cast<double>(s.k),
          .bytes = traffic(a, b, c),
          .dtype = s.a,
          .any_threads = s.variant == Variant::ours});
  return on;
}

bool matmul_offered(const Problem& problem, Backend& backend) {
  if (is_fused(problem)) return fused_offered(fused_spec_of(problem), backend);
  const MatmulSpec s = spec_of(problem);
#ifdef LEHR_WITH_CUDA
  if (backend.kind() == DeviceKind::cuda) {  // operands of two types have one rung, the tensor rung has no float32
    const bool rung = s.variant > Variant::ours, tensor = s.variant == Variant::tensor;
    const bool library_takes = s.variant != Variant::library || (s.k != 0 && s.a == s.b && (s.a == DType::bf16 || s.c == DType::f32));
    return available(static_cast<Cuda&>(backend), s.variant) && library_takes && (!rung || s.a == s.b) &&
           (!tensor || s.tf32 || s.a == DType::bf16);
  }
#endif
  return available(static_cast<Cpu&>(backend), s.variant, s.a) && (s.variant != Variant::library || (s.k != 0 && s.a == s.b));
}

}  // namespace lehr::check
