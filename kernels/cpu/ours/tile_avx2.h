// tile_avx2.h: tile.h's block for 256-bit vectors.
#pragma once

#include "kernels/cpu/ours/tile.h"

namespace lehr::ours {

bool avx2_usable();
void avx2_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out);

}  // namespace lehr::ours
