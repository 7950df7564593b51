// data_sheet.h: a GPU's peak arithmetic, as its maker counts it: operations a clock and multiprocessor, times both.
#pragma once

#include "kernels/devices.h"
#include "kernels/dtype.h"

namespace lehr {

/// Operations per second, a multiply-add counted as two; of float32 by the ordinary units, with `tf32` and of bfloat16 by dense products on
/// tensor cores that sum in float32. 0 where nothing is known of such a GPU. Source: CUDA C++ Programming Guide, "Arithmetic Instructions",
/// and the architectures' white papers; GeForce cards reach half of the tensor cores' figure of 8.6, 8.9 and 12.0.
double data_sheet_flops(const CudaDevice& device, double hertz, DType dtype, bool tf32 = false);
/// Of a multiprocessor, at most; 0 where the driver does not say. Only where this build has GPUs.
double clock_hz(const CudaDevice& device);

}  // namespace lehr
