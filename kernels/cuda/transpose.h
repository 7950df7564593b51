// transpose.h: a matrix [rows, columns] as [columns, rows], converted on the way: between Keras's HWIO kernels, a matrix [h*w*i, o], and
// cuDNN's KRSC. Included by kernels/cuda/ only.
#pragma once

#include <cstdint>

#include "kernels/backend.h"
#include "kernels/dtype.h"

namespace lehr {

/// from and to: float32 or bfloat16, any of the four pairs; to[c * rows + r] = from[r * columns + c].
void transpose_on_cuda(ConstView from, View to, std::int64_t rows, std::int64_t columns, Stream& stream);
/// to[i] = from[i], rounded to bfloat16: one launch.
void round_on_cuda(const float* from, bf16* to, std::int64_t count, Stream& stream);

}  // namespace lehr
