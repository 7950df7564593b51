// Products that make no sense, on any device.
#include "kernels/matmul.h"

#include <string>

#include "kernels/conv2d.h"
#include "kernels/error.h"

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

}  // namespace lehr
