// Chooses between oneDNN and our own kernel, and refuses problems that make no sense.
#include "kernels/matmul.h"

#include <string>

#include "kernels/conv2d.h"
#include "kernels/cpu.h"
#include "kernels/cpu/onednn/matmul.h"
#include "kernels/cpu/ours/matmul.h"
#include "kernels/error.h"

namespace lehr {
namespace {

void check(const MatmulSpec& s) {
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

}  // namespace

std::unique_ptr<Matmul> make_on(Cpu& cpu, const MatmulSpec& spec) {
  check(spec);
  if (spec.variant != Variant::ours) {
    if (auto made = onednn::make_matmul(spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device, .where = "matmul", .what = "oneDNN is absent or does not do this problem"});
  }
  return ours::make_matmul(cpu, spec);
}

}  // namespace lehr
