// makers.h: one function a family, from a problem to its case.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/problems/case.h"

namespace lehr::check {

/// `n=2 h=9 w=9 c=8 f=16 k=3 stride=2 pad=1 dilation=1 groups=1 bias=1 activation=relu dtype=bfloat16 tf32=0 variant=ours`; kh, kw, stride_h,
/// stride_w, dilation_h, dilation_w, pad_top, pad_bottom, pad_left, pad_right name one side.
Case conv2d_case(const Problem&, Backend&);
bool conv2d_offered(const Problem&, Backend&);
Conv2dForwardSpec conv2d_spec(const Problem&);
/// `m=32 n=320 k=784 ta=1 tb=0 a=bfloat16 b=bfloat16 c=float32 bias=1 activation=relu tf32=0 variant=ours`; with `mask=writes|applies` or `sums=1`
/// a product of kernels/fused_matmul.h, where the device has it
Case matmul_case(const Problem&, Backend&);
bool matmul_offered(const Problem&, Backend&);
/// `kind=max|average|global_max|global_average n=2 h=9 w=9 c=8 k=2 stride=2 pad=0 dtype=float32`; stride is k unless given
Case pool2d_case(const Problem&, Backend&);
/// `rows=4096 c=64 scale=1 center=1 training=1 mean=0 dtype=float32`; mean: of the inputs, whose deviation is about 0.6
Case batch_norm_case(const Problem&, Backend&);
/// `count=1000 rate=0.25 step=5 seed=7 stream=3 dtype=float32`
Case dropout_case(const Problem&, Backend&);
/// `kind=constant|uniform|normal|truncated_normal count=1000 a=0 b=1 seed=7 stream=3`
Case fill_case(const Problem&, Backend&);
/// `count=1000 l1=0.01 l2=0.02 scale=1 accumulate=0 dtype=float32 gradient=float32`
Case penalty_case(const Problem&, Backend&);
/// `kind=max_norm|non_neg|unit_norm rows=27 c=32 max=2`
Case constraint_case(const Problem&, Backend&);
/// `rows=8 batch=4 elements=48 c=3 sample=0 permuted=1 scales=1 offsets=0 bgr=0 from=uint8 to=float32`; scales, offsets: how many numbers
Case gather_case(const Problem&, Backend&);
/// `activation=relu alpha=0 max_value=-1 threshold=0 approximate=0 rows=8 c=16 bias=0 dtype=float32`
Case activation_case(const Problem&, Backend&);
/// `kind=add count=1000 inputs=2`, `kind=concatenate rows=16 c=8`, `kind=scale rows=16 c=8 scales=1 offsets=0`,
/// `kind=cast count=1000 from=float32 to=bfloat16`
Case elementwise_case(const Problem&, Backend&);
/// `kind=categorical_crossentropy rows=32 c=10 logits=1 smoothing=0 delta=1 sample_weights=0 class_weights=0 dtype=float32`
Case loss_case(const Problem&, Backend&);
/// `kind=sparse|categorical|binary|sparse_top_k|categorical_top_k|argmax|accumulate|range_test rows=32 c=10 k=5 threshold=0.5 step=0
/// dtype=float32`
Case metrics_case(const Problem&, Backend&);
/// `rule=adam t=3 momentum=0 nesterov=0 amsgrad=0 centered=0 style=keras|other decay=0.1 count=1000 segments=1 clip=0 norm_clip=0`; rules: those
/// of kernels/optimizer_rules.h; style=other: PyTorch's or the paper's form
Case optimizer_step_case(const Problem&, Backend&);
/// `count=1000 segments=1 clipnorm=1` or `global_clipnorm=1`
Case norm_clip_case(const Problem&, Backend&);
/// `kind=trust|lars|inverse_norm|adafactor count=1000 segments=1 scale=1 decay=0 epsilon=0 limit=1 neutral=0`; neutral=k: every k-th segment
Case segment_factor_case(const Problem&, Backend&);
/// `matrices=1 rows=8 c=8 factored=1 b=0.9 epsilon=1e-30`
Case factored_moments_case(const Problem&, Backend&);
/// `kind=flip|rotation|translation|zoom|contrast|brightness|crop n=2 h=8 w=8 c=3 lower=-0.2 upper=0.3 width_lower=-0.3 width_upper=0.2
/// same_zoom=0 flip=horizontal|vertical|both fill=reflect|wrap|constant|nearest fill_value=0 bilinear=1 oh=5 ow=6 training=1 step=5 seed=7
/// from=float32 to=float32`
Case augment_case(const Problem&, Backend&);
/// `rows=100 batch=32 elements=10 sample=0 from=float32|bfloat16|int32`
Case store_rows_case(const Problem&, Backend&);

/// `function=multiply outer=2 middle=9 c=8 a=omc of_b=oc b=float32 dtype=float32`: a and of_b name the axes that are not repeated
Case broadcast_case(const Problem&, Backend&);
/// `batch=4 pixels=9 c=12 groups=3 scale=1 center=1 dtype=float32`; layer normalization: pixels and groups 1
Case group_norm_case(const Problem&, Backend&);
/// `kind=place n=2 h=5 w=6 c=3 oh=8 ow=4 top=-1 left=1`, `kind=nearest|bilinear n=2 h=3 w=4 c=5 oh=6 ow=7`,
/// `kind=permute order=0213 d0=2 d1=3 d2=4 d3=5`: dK are x's extents
Case spatial_case(const Problem&, Backend&);
/// `kind=gaussian count=1000 stddev=0.5 multiply=0`, `kind=shared_dropout batch=4 pixels=9 c=8 apart=sc rate=0.3`; apart: sample, pixel, channel
Case noise_case(const Problem&, Backend&);

}  // namespace lehr::check
