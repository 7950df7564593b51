// makers.h: one function a family, from a problem to its case.
#pragma once

#include "kernels/problems/case.h"

namespace lehr::check {

/// `n=2 h=9 w=9 c=8 f=16 k=3 stride=2 pad=1 dilation=1 groups=1 bias=1 activation=relu dtype=bfloat16 variant=ours`; kh, kw, stride_h,
/// stride_w, dilation_h, dilation_w, pad_top, pad_bottom, pad_left, pad_right name one side.
Case conv2d_case(const Problem&, Backend&);
bool conv2d_offered(const Problem&, Backend&);
/// `m=32 n=320 k=784 ta=1 tb=0 a=bfloat16 b=bfloat16 c=float32 bias=1 activation=relu variant=ours`
Case matmul_case(const Problem&, Backend&);
bool matmul_offered(const Problem&, Backend&);
/// `kind=max|average|global_max|global_average n=2 h=9 w=9 c=8 k=2 stride=2 pad=0 dtype=float32`; stride is k unless given
Case pool2d_case(const Problem&, Backend&);
/// `rows=4096 c=64 scale=1 center=1 training=1 mean=0 dtype=float32`; mean: of the inputs, whose deviation is about 0.6
Case batch_norm_case(const Problem&, Backend&);

}  // namespace lehr::check
