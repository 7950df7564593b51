// The families of operations, and which devices have them.
#include "kernels/make.h"

#include "kernels/activation.h"
#include "kernels/augment.h"
#include "kernels/batch_norm.h"
#include "kernels/broadcast.h"
#include "kernels/conv2d.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/factored_moments.h"
#include "kernels/fill.h"
#include "kernels/fused_matmul.h"
#include "kernels/gather.h"
#include "kernels/group_norm.h"
#include "kernels/loss.h"
#include "kernels/matmul.h"
#include "kernels/metrics.h"
#include "kernels/noise.h"
#include "kernels/optimizer_step.h"
#include "kernels/pool2d.h"
#include "kernels/regularize.h"
#include "kernels/segment_factor.h"
#include "kernels/spatial.h"
#include "kernels/store_rows.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr {

/// make_on(Cpu&, spec) and make_on(Cuda&, spec) are found by argument lookup.
template <class Spec>
Prepared<Spec> make(const Spec& spec, Backend& backend) {
  backend.enter();
#ifdef LEHR_WITH_CUDA
  if (backend.kind() == DeviceKind::cuda) return make_on(static_cast<Cuda&>(backend), spec);
#endif
  return make_on(static_cast<Cpu&>(backend), spec);
}

template Prepared<ActivationSpec> make(const ActivationSpec&, Backend&);
template Prepared<ActivationBackwardSpec> make(const ActivationBackwardSpec&, Backend&);
template Prepared<BiasActivationBackwardSpec> make(const BiasActivationBackwardSpec&, Backend&);
template Prepared<AugmentSpec> make(const AugmentSpec&, Backend&);
template Prepared<BatchNormSpec> make(const BatchNormSpec&, Backend&);
template Prepared<BatchNormBackwardSpec> make(const BatchNormBackwardSpec&, Backend&);
template Prepared<BroadcastSpec> make(const BroadcastSpec&, Backend&);
template Prepared<BroadcastBackwardSpec> make(const BroadcastBackwardSpec&, Backend&);
template Prepared<Conv2dForwardSpec> make(const Conv2dForwardSpec&, Backend&);
template Prepared<Conv2dBackwardDataSpec> make(const Conv2dBackwardDataSpec&, Backend&);
template Prepared<Conv2dBackwardWeightsSpec> make(const Conv2dBackwardWeightsSpec&, Backend&);
template Prepared<DropoutSpec> make(const DropoutSpec&, Backend&);
template Prepared<AddSpec> make(const AddSpec&, Backend&);
template Prepared<ConcatenateSpec> make(const ConcatenateSpec&, Backend&);
template Prepared<ScaleOffsetSpec> make(const ScaleOffsetSpec&, Backend&);
template Prepared<CastSpec> make(const CastSpec&, Backend&);
template Prepared<FactoredMomentsSpec> make(const FactoredMomentsSpec&, Backend&);
template Prepared<FillSpec> make(const FillSpec&, Backend&);
template Prepared<GatherSpec> make(const GatherSpec&, Backend&);
template Prepared<GroupNormSpec> make(const GroupNormSpec&, Backend&);
template Prepared<GroupNormBackwardSpec> make(const GroupNormBackwardSpec&, Backend&);
template Prepared<LossSpec> make(const LossSpec&, Backend&);
template Prepared<MatmulSpec> make(const MatmulSpec&, Backend&);
template Prepared<FusedMatmulSpec> make(const FusedMatmulSpec&, Backend&);
template Prepared<HitsSpec> make(const HitsSpec&, Backend&);
template Prepared<ArgmaxSpec> make(const ArgmaxSpec&, Backend&);
template Prepared<AccumulateSpec> make(const AccumulateSpec&, Backend&);
template Prepared<RangeTestSpec> make(const RangeTestSpec&, Backend&);
template Prepared<GaussianSpec> make(const GaussianSpec&, Backend&);
template Prepared<SharedDropoutSpec> make(const SharedDropoutSpec&, Backend&);
template Prepared<OptimizerStepSpec> make(const OptimizerStepSpec&, Backend&);
template Prepared<NormClipSpec> make(const NormClipSpec&, Backend&);
template Prepared<AdvanceSpec> make(const AdvanceSpec&, Backend&);
template Prepared<Pool2dForwardSpec> make(const Pool2dForwardSpec&, Backend&);
template Prepared<Pool2dBackwardSpec> make(const Pool2dBackwardSpec&, Backend&);
template Prepared<GlobalPool2dSpec> make(const GlobalPool2dSpec&, Backend&);
template Prepared<GlobalPool2dBackwardSpec> make(const GlobalPool2dBackwardSpec&, Backend&);
template Prepared<PenaltySpec> make(const PenaltySpec&, Backend&);
template Prepared<ConstraintSpec> make(const ConstraintSpec&, Backend&);
template Prepared<SegmentFactorSpec> make(const SegmentFactorSpec&, Backend&);
template Prepared<Place2dSpec> make(const Place2dSpec&, Backend&);
template Prepared<Resize2dSpec> make(const Resize2dSpec&, Backend&);
template Prepared<Resize2dBackwardSpec> make(const Resize2dBackwardSpec&, Backend&);
template Prepared<PermuteSpec> make(const PermuteSpec&, Backend&);
template Prepared<StoreRowsSpec> make(const StoreRowsSpec&, Backend&);

}  // namespace lehr
