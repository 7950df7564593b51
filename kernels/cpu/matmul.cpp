// Chooses between oneDNN and our own kernel, and refuses problems that make no sense.
#include "kernels/matmul.h"

#include <string>

#include "kernels/conv2d.h"
#include "kernels/cpu.h"
#include "kernels/cpu/onednn/matmul.h"
#include "kernels/cpu/ours/matmul.h"
#include "kernels/cpu/ours/tile.h"
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

/// Small forward products need no copy of b, which the library makes: 32 x 320 x 784 takes 33 us here and 42 us there, on two threads of
/// a Zen 5 with AVX-512. Transposed operands, bfloat16 and a b beyond the second-level caches are the library's.
bool ours_is_faster(const MatmulSpec& s) {
  constexpr std::int64_t most_rows = 64, largest_b = 1 << 19;
  return !s.transpose_a && !s.transpose_b && s.a == DType::f32 && s.b == DType::f32 && s.c == DType::f32 && s.m <= most_rows &&
         s.k * s.n <= largest_b && ours::best_tile_level() == ours::TileLevel::avx512;
}

/// oneDNN's bfloat16 needs the processor's; ours computes in float32.
bool library_can(const MatmulSpec& s) {
  if (s.a == DType::f32) return true;
  const CpuFeatures features = cpu_features();
  return features.avx512_bf16 || features.amx_bf16;
}

}  // namespace

std::unique_ptr<Matmul> make_on(Cpu& cpu, const MatmulSpec& spec) {
  check(spec);
  if (spec.variant == Variant::library || (spec.variant == Variant::automatic && library_can(spec) && !ours_is_faster(spec))) {
    if (auto made = onednn::make_matmul(spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device, .where = "matmul", .what = "oneDNN is absent or does not do this problem"});
  }
  return ours::make_matmul(cpu, spec);
}

}  // namespace lehr
