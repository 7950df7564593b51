// Our own convolution, gradient of the input: dy where each tap met a pixel, times w (product.cuh). A gather: every dx is written once, by
// one thread, so that no atomic addition makes the order, and with it the bits, a matter of luck.
#include "kernels/cuda/ours/conv2d.h"
#include "kernels/cuda/ours/conv2d_pass.cuh"

namespace lehr::ours_cuda {
namespace {

using namespace ladder;

template <class T, class W>
class BackwardData final : public Conv2dBackwardData {
 public:
  explicit BackwardData(const Conv2dBackwardDataSpec& spec)
      : groups_(static_cast<int>(spec.shape.groups)),
        g_(geometry_of(spec.shape)),
        rung_(rung_for(spec.variant, arithmetic_of(spec))),
        extent_(cut(spec.shape.batch * g_.height * g_.width, g_.in_group, std::int64_t{g_.kernel_h} * g_.kernel_w * g_.out_group,
                    spec.shape.groups, rung_)) {}
  std::string implementation() const override { return name_of_rung(rung_); }
  std::size_t packed_bytes() const override { return 0; }
  std::size_t workspace_bytes() const override { return split_bytes(extent_, g_.channels); }
  void pack(ConstView, View, Stream&) override {}
  void run(ConstView dy, ConstView weights, View dx, View workspace, Stream& stream) override {
    const Gradients<T> gradients{.dy = dy.as<T>(), .g = g_, .aligned = aligned16(dy.data) && fours(g_.filters, g_.out_group)};
    const WeightsByChannel<W, T> w{.w = weights.as<W>(), .g = g_, .aligned = aligned16(weights.data) && fours(g_.filters, g_.out_group)};
    const Result<T> result{.at = dx.as<T>(), .step = g_.channels, .group_step = g_.in_group};
    run_product<KindOf<T>>(rung_, extent_, groups_, gradients, w, result, workspace, stream);
  }

 private:
  int groups_;
  Geometry g_;
  Variant rung_;
  Extent extent_;
};

}  // namespace

std::unique_ptr<Conv2dBackwardData> make_conv2d(Cuda&, const Conv2dBackwardDataSpec& spec) {
  return with_float_on_cuda("conv2d", spec.dtype, [&]<class T>(T) {
    return with_float_on_cuda("conv2d", spec.weights, [&]<class W>(W) -> std::unique_ptr<Conv2dBackwardData> {
      return std::make_unique<BackwardData<T, W>>(spec);
    });
  });
}

}  // namespace lehr::ours_cuda
