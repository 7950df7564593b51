// epilogue.h: what happens to a block of sums before it is an output: clamp in the tile, activation and rounding here.
#pragma once

#include <cstdint>

#include "kernels/activation.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/dtype.h"

namespace lehr::ours {

bool can_fuse(Activation activation);

/// relu and relu6 are done by the tile's clamp, for nothing.
void clamp_for(Activation activation, TileOutput& out);

/// sigmoid or tanh in place, nothing for the others.
void activate(Activation activation, float* values, std::int64_t count);

void widen(const bf16* from, float* to, std::int64_t count);
void narrow(const float* from, bf16* to, std::int64_t count);
void round_to_bf16(const float* from, float* to, std::int64_t count);  ///< the value that bf16 keeps, as float32

/// [begin, end) of either type as float32.
void load(const void* from, DType dtype, std::int64_t begin, float* to, std::int64_t count);

}  // namespace lehr::ours
