// rung.h: which rung of the ladder of products a GPU climbs to.
#pragma once

#include <cstdint>

#include "kernels/variant.h"

namespace lehr::ladder {

/// What the operands are multiplied as.
enum class Arithmetic : std::uint8_t { f32, tf32, bf16 };

/// `ours` means the highest rung that computes with `arithmetic` in code made for compute capability `generation`, as 80: on a GPU whose own
/// code a build lacks the driver compiles the build's PTX, which may be older than the GPU and then knows no such product.
inline Variant rung_for(Variant wanted, Arithmetic arithmetic, int generation) {
  constexpr int first_with_bf16_and_tf32 = 80;
  const bool tensor = arithmetic != Arithmetic::f32 && generation >= first_with_bf16_and_tf32;
  if (wanted == Variant::automatic || wanted == Variant::ours || (wanted == Variant::tensor && !tensor))
    return tensor ? Variant::tensor : Variant::registers;
  return wanted;
}

}  // namespace lehr::ladder
