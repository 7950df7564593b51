// Our own convolution, gradient of the weights: patches of x times dy, summed over all output pixels (product.cuh). The sum is long and the
// outputs are few, so it is cut into pieces whose sums are added in order. dw is float32 in public order, also where x and dy are bfloat16.
#include "kernels/cuda/ours/conv2d.h"
#include "kernels/cuda/ours/conv2d_pass.cuh"

namespace lehr::ours_cuda {
namespace {

using namespace ladder;

template <class T>
class BackwardWeights final : public Conv2dBackwardWeights {
 public:
  BackwardWeights(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec)
      : groups_(static_cast<int>(spec.shape.groups)),
        g_(geometry_of(spec.shape)),
        rung_(rung_for(spec.variant, arithmetic_of(spec))),
        extent_(cut(std::int64_t{g_.kernel_h} * g_.kernel_w * g_.in_group, g_.out_group, spec.shape.batch * g_.out_height * g_.out_width,
                    spec.shape.groups, rung_)) {
    if (spec.bias)
      bias_ = make_on(cuda, BiasActivationBackwardSpec{.forward = {.activation = Activation::linear,
                                                                   .rows = spec.shape.batch * g_.out_height * g_.out_width,
                                                                   .channels = g_.filters,
                                                                   .dtype = spec.dtype}});
  }
  std::string implementation() const override { return name_of_rung(rung_); }
  std::size_t packed_bytes() const override { return 0; }
  std::size_t workspace_bytes() const override {  // one after the other, in the same place
    return std::max(split_bytes(extent_, g_.filters), bias_ == nullptr ? 0 : bias_->workspace_bytes());
  }
  void run(ConstView x, ConstView dy, View dw, View d_bias, View workspace, Stream& stream) override {
    PatchesOverPixels<T> patches;
    patches.x = x.as<T>();
    patches.g = g_;
    patches.aligned = aligned16(x.data) && fours(g_.channels, g_.in_group);
    const Matrix<T, T> gradients{.at = dy.as<T>(),
                                 .row_step = 1,
                                 .k_step = g_.filters,
                                 .group_step = g_.out_group,
                                 .aligned = aligned16(dy.data) && fours(g_.filters, g_.out_group)};
    const Result<float> result{.at = dw.as<float>(), .step = g_.filters, .group_step = g_.out_group};
    run_product<KindOf<T>>(rung_, extent_, groups_, patches, gradients, result, workspace, stream);
    if (bias_ != nullptr && d_bias) bias_->run({}, dy, {}, d_bias, workspace, stream);
  }
  void unpack(ConstView, View, Stream&) override {}

 private:
  int groups_;
  Geometry g_;
  Variant rung_;
  Extent extent_;
  std::unique_ptr<BiasActivationBackward> bias_;
};

}  // namespace

std::unique_ptr<Conv2dBackwardWeights> make_conv2d(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec) {
  return with_float_on_cuda("conv2d", spec.dtype, [&]<class T>(T) -> std::unique_ptr<Conv2dBackwardWeights> {
    return std::make_unique<BackwardWeights<T>>(cuda, spec);
  });
}

}  // namespace lehr::ours_cuda
