// precision.h: what numbers a plan computes with. Names are Keras's.
#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/dtype.h"

namespace lehr {

/// float32 · mixed_bfloat16: float32 master weights and sums, bfloat16 activations and products · tf32: float32 stored, tensor cores on
/// CUDA.
enum class Precision : std::uint8_t { float32, mixed_bfloat16, tf32 };

std::string_view name_of(Precision precision);
Precision precision_of(std::string_view name);  ///< throws Error{usage} that lists the names
constexpr DType compute_type(Precision precision) { return precision == Precision::mixed_bfloat16 ? DType::bf16 : DType::f32; }

}  // namespace lehr
