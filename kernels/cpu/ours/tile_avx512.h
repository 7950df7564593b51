// tile_avx512.h: tile.h's block for 512-bit vectors.
#pragma once

#include "kernels/cpu/ours/tile.h"

namespace lehr::ours {

bool avx512_usable();
void avx512_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out);

}  // namespace lehr::ours
