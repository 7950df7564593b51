// Products that make no sense, on any device.
#include "kernels/matmul.h"

#include <string>

#include "kernels/conv2d.h"
#include "kernels/error.h"
#include "kernels/fused_matmul.h"

namespace lehr {

void verify(const MatmulSpec& s) {
  for (const std::int64_t extent : {s.m, s.n, s.k})
    if (extent < 0)
      throw Error(
          {.category = Category::usage, .where = "matmul", .what = "an extent", .expected = "0 or more", .got = std::to_string(extent)});
  for (const DType dtype : {s.a, s.b, s.c})
    if (dtype != DType::f32 && dtype != DType::bf16)
      throw Error({.category = Category::usage,
                   .where = "matmul",
                   .what = "element type",
                   .expected = "float32 or bfloat16",
                   .got = std::string(name_of(dtype))});
  if (!conv2d_can_fuse(s.activation))
    throw Error({.category = Category::usage, .where = "matmul", .what = "an activation that cannot be fused"});
}

void verify(const FusedMatmulSpec& f) {
  verify(f.product);
  const MatmulSpec& s = f.product;
  const auto refuse = [&](const char* what, const char* expected) {
    throw Error({.category = Category::usage, .where = "matmul", .what = what, .expected = expected, .got = problem_line(f)});
  };
  if (f.mask == ReluMask::writes && s.activation != Activation::relu) refuse("a mask is written of relu alone", "activation=relu");
  const bool plain = !s.bias && s.activation == Activation::linear;
  if (f.mask == ReluMask::applies && !plain) refuse("a mask is applied to a product alone", "neither bias nor activation");
  if (f.sums && !(plain && f.mask == ReluMask::none && !s.transpose_b && s.c == DType::f32))
    refuse("sums stand beside a product alone", "neither bias, activation, mask nor tb, and c=float32");
}

}  // namespace lehr
