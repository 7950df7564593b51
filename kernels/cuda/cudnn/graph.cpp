#include "kernels/cuda/cudnn/graph.h"

#include <utility>

#include "kernels/error.h"

namespace lehr::cudnn {

Target Target::of(std::shared_ptr<const Api> api, cudnnHandle_t handle, std::string name) {
  Target t;
  t.api_ = std::move(api);
  t.name_ = std::move(name);
  t.handle_ = handle;
  return t;
}

Target Target::described(std::shared_ptr<const Api> api, const std::string& json, std::string name) {
  Target t;
  t.description_ = std::make_shared<Descriptor>(api, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  t.description_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, json);
  t.description_->finalize();
  t.api_ = std::move(api);
  t.name_ = std::move(name);
  return t;
}

void Target::apply(Descriptor& descriptor, cudnnBackendAttributeName_t description) const {
  if (description_ != nullptr) descriptor.set(description, *description_);
}
void Target::apply_handle(Descriptor& descriptor, cudnnBackendAttributeName_t attribute) const {
  if (handle_ != nullptr) descriptor.set(attribute, handle_);
}

bool activation_fits(Activation activation) { return activation == Activation::linear || activation == Activation::relu; }

ConvGraphSpec graph_of(const Conv2dForwardSpec& s) {
  return {.pass = Pass::forward,
          .shape = s.shape,
          .math = math_of(s.dtype, s.tf32),
          .bias = s.bias,
          .activation = activation_fits(s.activation) ? s.activation : Activation::linear};
}
ConvGraphSpec graph_of(const Conv2dBackwardDataSpec& s) {
  return {.pass = Pass::backward_data, .shape = s.shape, .math = math_of(s.dtype, s.tf32)};
}
ConvGraphSpec graph_of(const Conv2dBackwardWeightsSpec& s) {
  return {.pass = Pass::backward_weights, .shape = s.shape, .math = math_of(s.dtype, s.tf32)};
}

std::string ConvGraphSpec::text() const {
  const Conv2dShape& s = shape;
  std::string out(name_of(pass));
  const auto add = [&](const char* key, std::int64_t value) { out += " " + std::string(key) + "=" + std::to_string(value); };
  add("n", s.batch), add("h", s.height), add("w", s.width), add("c", s.in_channels), add("f", s.out_channels);
  add("kh", s.kernel_h), add("kw", s.kernel_w), add("stride_h", s.stride_h), add("stride_w", s.stride_w);
  add("dilation_h", s.dilation_h), add("dilation_w", s.dilation_w), add("groups", s.groups);
  add("pad_top", s.pad_top), add("pad_bottom", s.pad_bottom), add("pad_left", s.pad_left), add("pad_right", s.pad_right);
  out += " math=" + std::string(name_of(math));
  if (pass == Pass::forward) add("bias", bias ? 1 : 0), out += " activation=" + std::string(name_of(activation));
  return out;
}

namespace {

using Extents = std::vector<std::int64_t>;

struct Strided {
  Extents extents, strides;
};
Strided input_of(const Conv2dShape& s) {
  const std::int64_t c = s.in_channels, h = s.height, w = s.width;
  return {{s.batch, c, h, w}, {h * w * c, 1, w * c, c}};
}
Strided output_of(const Conv2dShape& s) {
  const std::int64_t k = s.out_channels, p = s.out_height(), q = s.out_width();
  return {{s.batch, k, p, q}, {p * q * k, 1, q * k, k}};
}
Strided weights_of(const Conv2dShape& s) {
  const std::int64_t c = s.in_channels / s.groups, r = s.kernel_h, t = s.kernel_w;
  return {{s.out_channels, c, r, t}, {r * t * c, 1, t * c, c}};
}
Strided bias_of(const Conv2dShape& s) {
  const std::int64_t k = s.out_channels;
  return {{1, k, 1, 1}, {k, 1, k, k}};
}

cudnnDataType_t type_of_elements(DType dtype) { return dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT; }

}  // namespace

struct ConvGraph::Builder {
  const std::shared_ptr<const Api>& api;
  const ConvGraphSpec& spec;
  std::vector<Descriptor> operations = {};
  std::int64_t next_virtual = 100;

  Descriptor tensor(const Strided& layout, DType dtype, std::int64_t uid, bool is_virtual) const {
    constexpr std::int64_t alignment = 16;  // what the fast engines ask for; every offset in an arena is a multiple of 256
    Descriptor d(api, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type_of_elements(dtype));
    d.set(CUDNN_ATTR_TENSOR_DIMENSIONS, layout.extents);
    d.set(CUDNN_ATTR_TENSOR_STRIDES, layout.strides);
    d.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, uid);
    d.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
    d.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
    d.finalize();
    return d;
  }
  Descriptor bound(const Strided& layout, Uid uid) const { return tensor(layout, spec.operands(), static_cast<std::int64_t>(uid), false); }
  Descriptor between(const Strided& layout) { return tensor(layout, DType::f32, next_virtual++, true); }

  Descriptor convolution() const {
    const Conv2dShape& s = spec.shape;
    Descriptor d(api, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    d.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    d.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    d.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
    d.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Extents{s.dilation_h, s.dilation_w});
    d.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Extents{s.stride_h, s.stride_w});
    d.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Extents{s.pad_top, s.pad_left});
    d.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Extents{s.pad_bottom, s.pad_right});
    d.finalize();
    return d;
  }

  struct ConvolutionNode {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t desc, x, w, y, alpha, beta;
  };
  void add_convolution(const ConvolutionNode& node, const Descriptor& x, const Descriptor& w, const Descriptor& y) {
    Descriptor op(api, node.type);
    op.set(node.desc, convolution());
    op.set(node.x, x);
    op.set(node.w, w);
    op.set(node.y, y);
    op.set(node.alpha, 1.0F);
    op.set(node.beta, 0.0F);
    op.finalize();
    operations.push_back(std::move(op));
  }

  /// y = x + b, or y = f(x) where b is empty.
  void add_pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor& b, const Descriptor& y) {
    Descriptor what(api, CUDNN_BACKEND_POINTWISE_DESCRIPTOR), op(api, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    what.set(CUDNN_ATTR_POINTWISE_MODE, mode);
    what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    what.finalize();
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
    if (b) op.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    op.finalize();
    operations.push_back(std::move(op));
  }

  void forward() {
    const Strided out = output_of(spec.shape);
    const bool activates = spec.activation == Activation::relu;
    const Descriptor y = bound(out, Uid::y);
    const Descriptor product = spec.bias || activates ? between(out) : Descriptor();
    add_convolution(
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
        bound(input_of(spec.shape), Uid::x), bound(weights_of(spec.shape), Uid::w), product ? product : y);
    const Descriptor biased = spec.bias && activates ? between(out) : Descriptor();
    if (spec.bias) add_pointwise(CUDNN_POINTWISE_ADD, product, bound(bias_of(spec.shape), Uid::bias), activates ? biased : y);
    if (activates) add_pointwise(CUDNN_POINTWISE_RELU_FWD, spec.bias ? biased : product, {}, y);
  }
  void backward_data() {
    add_convolution({CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
                    bound(input_of(spec.shape), Uid::x), bound(weights_of(spec.shape), Uid::w), bound(output_of(spec.shape), Uid::y));
  }
  void backward_weights() {
    add_convolution({CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
                    bound(input_of(spec.shape), Uid::x), bound(weights_of(spec.shape), Uid::w), bound(output_of(spec.shape), Uid::y));
  }
};

ConvGraph::ConvGraph(const Target& target, const ConvGraphSpec& spec)
    : target_(target), spec_(spec), graph_(target.api(), CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) {
  if (!activation_fits(spec.activation))
    throw Error({.category = Category::usage,
                 .where = "cuDNN",
                 .what = "an activation that cannot be fused",
                 .expected = "linear or relu",
                 .got = std::string(name_of(spec.activation))});
  Builder builder{.api = target.api(), .spec = spec};
  switch (spec.pass) {
    case Pass::forward:
      builder.forward();
      break;
    case Pass::backward_data:
      builder.backward_data();
      break;
    case Pass::backward_weights:
      builder.backward_weights();
  }
  target_.apply_handle(graph_, CUDNN_ATTR_OPERATIONGRAPH_HANDLE);
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, std::span<const Descriptor>(builder.operations));
  graph_.finalize();
}

}  // namespace lehr::cudnn
