// Activations NHWC, weights in whatever order oneDNN asks for: measured as fast as blocked activations, and no layout pass is needed.
#include "kernels/cpu/onednn/conv2d.h"

#ifdef LEHR_WITH_ONEDNN
#include "kernels/cpu/onednn/engine.h"

namespace lehr::onednn {
namespace {

/// The problem as oneDNN names it: NCHW extents, (G)OIHW weights, dilation 0 for none.
struct Geometry {
  explicit Geometry(const Conv2dShape& s)
      : strides{s.stride_h, s.stride_w},
        dilation{s.dilation_h - 1, s.dilation_w - 1},
        before{s.pad_top, s.pad_left},
        after{s.pad_bottom, s.pad_right} {
    const std::int64_t ci = s.in_channels / s.groups, co = s.out_channels / s.groups;
    if (s.groups == 1) {
      weights = {co, ci, s.kernel_h, s.kernel_w};
      public_order = {1, co, s.kernel_w * ci * co, ci * co};
    } else {
      weights = {s.groups, co, ci, s.kernel_h, s.kernel_w};
      public_order = {co, 1, s.out_channels, s.kernel_w * ci * s.out_channels, ci * s.out_channels};
    }
  }
  Layout public_weights(DType dtype) const { return strided(weights, dtype, public_order); }

  Extents strides, dilation, before, after, weights, public_order;
};

Layout nhwc(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, DType dtype) {
  return strided({n, c, h, w}, dtype, {h * w * c, 1, w * c, c});
}
Layout input_of(const Conv2dShape& s, DType dtype) { return nhwc(s.batch, s.height, s.width, s.in_channels, dtype); }
Layout output_of(const Conv2dShape& s, DType dtype) { return nhwc(s.batch, s.out_height(), s.out_width(), s.out_channels, dtype); }
Layout bias_of(const Conv2dShape& s, bool wanted) { return wanted ? strided({s.out_channels}, DType::f32, {1}) : nullptr; }

/// The public array and the one a primitive asks for.
class Weights {
 public:
  enum class Way { pack, unpack };
  Weights(const Engine& engine, const Layout& outside, const Layout& inside, Way way)
      : reorder_(way == Way::pack ? Reorder(engine, outside, inside) : Reorder(engine, inside, outside)),
        bytes_(reorder_ ? bytes_of(inside) : 0) {}
  std::size_t bytes() const { return bytes_; }
  void copy(const Engine& engine, ConstView from, View to) {
    if (reorder_) reorder_.run(engine, from.data, to.data);
  }

 private:
  Reorder reorder_;
  std::size_t bytes_;
};

class Forward final : public Conv2dForward {
 public:
  Forward(Engine engine, Call call, Weights weights) : engine_(std::move(engine)), call_(std::move(call)), weights_(std::move(weights)) {}
  std::string implementation() const override { return "oneDNN"; }
  std::size_t packed_bytes() const override { return weights_.bytes(); }
  std::size_t workspace_bytes() const override { return call_.scratch_bytes(); }
  void pack(ConstView weights, View packed, Stream&) override { weights_.copy(engine_, weights, packed); }
  void run(ConstView x, ConstView packed, ConstView bias, View y, View workspace, Stream&) override {
    call_.run(engine_, x.data, packed.data, bias.data, y.data, workspace.data);
  }

 private:
  Engine engine_;
  Call call_;
  Weights weights_;
};

class BackwardData final : public Conv2dBackwardData {
 public:
  BackwardData(Engine engine, Call call, Weights weights)
      : engine_(std::move(engine)), call_(std::move(call)), weights_(std::move(weights)) {}
  std::string implementation() const override { return "oneDNN"; }
  std::size_t packed_bytes() const override { return weights_.bytes(); }
  std::size_t workspace_bytes() const override { return call_.scratch_bytes(); }
  void pack(ConstView weights, View packed, Stream&) override { weights_.copy(engine_, weights, packed); }
  void run(ConstView dy, ConstView packed, View dx, View workspace, Stream&) override {
    call_.run(engine_, dy.data, packed.data, dx.data, workspace.data);
  }

 private:
  Engine engine_;
  Call call_;
  Weights weights_;
};

class BackwardWeights final : public Conv2dBackwardWeights {
 public:
  BackwardWeights(Engine engine, Call call, Weights weights)
      : engine_(std::move(engine)), call_(std::move(call)), weights_(std::move(weights)) {}
  std::string implementation() const override { return "oneDNN"; }
  std::size_t packed_bytes() const override { return weights_.bytes(); }
  std::size_t workspace_bytes() const override { return call_.scratch_bytes(); }
  void run(ConstView x, ConstView dy, View packed_dw, View d_bias, View workspace, Stream&) override {
    call_.run(engine_, x.data, dy.data, packed_dw.data, d_bias.data, workspace.data);
  }
  void unpack(ConstView packed_dw, View dw, Stream&) override { weights_.copy(engine_, packed_dw, dw); }

 private:
  Engine engine_;
  Call call_;
  Weights weights_;
};

}  // namespace

std::unique_ptr<Conv2dForward> make_conv2d(const Conv2dForwardSpec& s) {
  if (!can_fuse(s.activation)) return nullptr;
  Engine engine;
  const Geometry g(s.shape);
  const Layout x = input_of(s.shape, s.dtype), y = output_of(s.shape, s.dtype), bias = bias_of(s.shape, s.bias);
  const Layout any = free_layout(g.weights, s.dtype);
  const Attributes attr = attributes(s.activation);
  dnnl_primitive_desc_t raw = nullptr;
  if (!implemented(dnnl_convolution_forward_primitive_desc_create(&raw, engine.get(), dnnl_forward_training, dnnl_convolution_direct,
                                                                  x.get(), any.get(), bias.get(), y.get(), g.strides.data(),
                                                                  g.dilation.data(), g.before.data(), g.after.data(), attr.get()),
                   "convolution_forward_primitive_desc_create"))
    return nullptr;
  const PrimitiveDesc desc(raw);
  if (s.variant == Variant::automatic && is_reference(desc)) return nullptr;
  const Layout w = layout_of(desc, dnnl_query_weights_md);
  Call call(engine, desc, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, y}});
  Weights weights(engine, g.public_weights(s.weights), w, Weights::Way::pack);
  return std::make_unique<Forward>(std::move(engine), std::move(call), std::move(weights));
}

std::unique_ptr<Conv2dBackwardData> make_conv2d(const Conv2dBackwardDataSpec& s) {
  Engine engine;
  const Geometry g(s.shape);
  const Layout dx = input_of(s.shape, s.dtype), dy = output_of(s.shape, s.dtype), any = free_layout(g.weights, s.dtype);
  const Attributes attr = attributes();
  dnnl_primitive_desc_t raw = nullptr;
  if (!implemented(dnnl_convolution_backward_data_primitive_desc_create(&raw, engine.get(), dnnl_convolution_direct, dx.get(), any.get(),
                                                                        dy.get(), g.strides.data(), g.dilation.data(), g.before.data(),
                                                                        g.after.data(), nullptr, attr.get()),
                   "convolution_backward_data_primitive_desc_create"))
    return nullptr;
  const PrimitiveDesc desc(raw);
  if (s.variant == Variant::automatic && is_reference(desc)) return nullptr;
  const Layout w = layout_of(desc, dnnl_query_weights_md);
  Call call(engine, desc, {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DIFF_SRC, dx}});
  Weights weights(engine, g.public_weights(s.weights), w, Weights::Way::pack);
  return std::make_unique<BackwardData>(std::move(engine), std::move(call), std::move(weights));
}

std::unique_ptr<Conv2dBackwardWeights> make_conv2d(const Conv2dBackwardWeightsSpec& s) {
  Engine engine;
  const Geometry g(s.shape);
  const Layout x = input_of(s.shape, s.dtype), dy = output_of(s.shape, s.dtype), bias = bias_of(s.shape, s.bias);
  const Layout any = free_layout(g.weights, DType::f32);
  const Attributes attr = attributes();
  dnnl_primitive_desc_t raw = nullptr;
  if (!implemented(dnnl_convolution_backward_weights_primitive_desc_create(&raw, engine.get(), dnnl_convolution_direct, x.get(), any.get(),
                                                                           bias.get(), dy.get(), g.strides.data(), g.dilation.data(),
                                                                           g.before.data(), g.after.data(), nullptr, attr.get()),
                   "convolution_backward_weights_primitive_desc_create"))
    return nullptr;
  const PrimitiveDesc desc(raw);
  if (s.variant == Variant::automatic && is_reference(desc)) return nullptr;
  const Layout dw = layout_of(desc, dnnl_query_diff_weights_md);
  Call call(engine, desc, {{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dw}, {DNNL_ARG_DIFF_BIAS, bias}});
  Weights weights(engine, g.public_weights(DType::f32), dw, Weights::Way::unpack);
  return std::make_unique<BackwardWeights>(std::move(engine), std::move(call), std::move(weights));
}

}  // namespace lehr::onednn
#else
namespace lehr::onednn {
std::unique_ptr<Conv2dForward> make_conv2d(const Conv2dForwardSpec&) { return nullptr; }
std::unique_ptr<Conv2dBackwardData> make_conv2d(const Conv2dBackwardDataSpec&) { return nullptr; }
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(const Conv2dBackwardWeightsSpec&) { return nullptr; }
}  // namespace lehr::onednn
#endif
