// Our own convolution, forward: patches of x times w (product.cuh).
#include "kernels/cuda/ours/conv2d.h"
#include "kernels/cuda/ours/conv2d_pass.cuh"

namespace lehr::ours_cuda {
namespace {

using namespace ladder;

template <class T, class W>
class Forward final : public Conv2dForward {
 public:
  explicit Forward(const Conv2dForwardSpec& spec)
      : spec_(spec),
        g_(geometry_of(spec.shape)),
        rung_(rung_for(spec.variant, arithmetic_of(spec))),
        extent_(cut(spec.shape.batch * g_.out_height * g_.out_width, g_.out_group, std::int64_t{g_.kernel_h} * g_.kernel_w * g_.in_group,
                    spec.shape.groups, rung_)) {}
  std::string implementation() const override { return name_of_rung(rung_); }
  std::size_t packed_bytes() const override { return 0; }
  std::size_t workspace_bytes() const override { return split_bytes(extent_, g_.filters); }
  void pack(ConstView, View, Stream&) override {}
  void run(ConstView x, ConstView weights, ConstView bias, View y, View workspace, Stream& stream) override {
    const Patches<T> patches{.x = x.as<T>(), .g = g_, .aligned = aligned16(x.data) && fours(g_.channels, g_.in_group)};
    const Matrix<W, T> w{.at = weights.as<W>(),
                         .row_step = 1,
                         .k_step = g_.filters,
                         .group_step = g_.out_group,
                         .aligned = aligned16(weights.data) && fours(g_.filters, g_.out_group)};
    const Result<T> result{.at = y.as<T>(),
                           .step = g_.filters,
                           .group_step = g_.out_group,
                           .bias = spec_.bias ? bias.as<float>() : nullptr,
                           .activation = spec_.activation};
    run_product<KindOf<T>>(rung_, extent_, static_cast<int>(spec_.shape.groups), patches, w, result, workspace, stream);
  }

 private:
  Conv2dForwardSpec spec_;
  Geometry g_;
  Variant rung_;
  Extent extent_;
};

}  // namespace

std::unique_ptr<Conv2dForward> make_conv2d(Cuda&, const Conv2dForwardSpec& spec) {
  return with_float_on_cuda("conv2d", spec.dtype, [&]<class T>(T) {
    return with_float_on_cuda("conv2d", spec.weights,
                              [&]<class W>(W) -> std::unique_ptr<Conv2dForward> { return std::make_unique<Forward<T, W>>(spec); });
  });
}

}  // namespace lehr::ours_cuda
