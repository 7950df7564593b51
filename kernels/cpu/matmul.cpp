// Chooses between oneDNN and our own kernel.
#include "kernels/matmul.h"

#include "kernels/cpu.h"
#include "kernels/cpu/onednn/matmul.h"
#include "kernels/cpu/ours/matmul.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/error.h"
#include "kernels/fused_matmul.h"

namespace lehr {
namespace {

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
  verify(spec);
  if (spec.variant == Variant::library || (spec.variant == Variant::automatic && library_can(spec) && !ours_is_faster(spec))) {
    if (auto made = onednn::make_matmul(spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device, .where = "matmul", .what = "oneDNN is absent or does not do this problem"});
  }
  return ours::make_matmul(cpu, spec);
}

// On a CPU a pass over what lies in a cache costs no launch: products stand alone.
std::unique_ptr<FusedMatmul> make_on(Cpu&, const FusedMatmulSpec& spec) {
  verify(spec);
  return nullptr;
}

}  // namespace lehr
