// conv2d.h: `n=2 h=9 w=9 c=8 f=16 k=3 stride=2 pad=1 dilation=1 groups=1 bias=1 activation=relu dtype=bfloat16 variant=ours` as a spec.
// kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_bottom, pad_left, pad_right name one side.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/problem.h"

namespace lehr {

Conv2dForwardSpec conv2d_problem(const Problem& problem);

}  // namespace lehr
