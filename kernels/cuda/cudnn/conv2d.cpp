#include "kernels/cuda/cudnn/conv2d.h"

#include "kernels/activation.h"
#include "kernels/cuda/cudnn/execution.h"
#include "kernels/cuda/transpose.h"

namespace lehr::cudnn {
namespace {

/// HWIO is a matrix [rows, filters], KRSC its transpose.
std::int64_t weight_rows(const Conv2dShape& s) { return s.kernel_h * s.kernel_w * s.in_channels / s.groups; }
std::size_t weight_bytes(const Conv2dShape& s, DType dtype) {
  return static_cast<std::size_t>(weight_rows(s) * s.out_channels) * size_of(dtype);
}
void pack_weights(const Conv2dShape& s, DType dtype, ConstView weights, View packed, Stream& stream) {
  const auto count = static_cast<std::size_t>(weight_rows(s) * s.out_channels);
  transpose_on_cuda(weights, {packed.data, dtype, count}, weight_rows(s), s.out_channels, stream);
}
constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

class Forward final : public Conv2dForward {
 public:
  Forward(Cuda& cuda, const Conv2dForwardSpec& spec, Execution execution) : spec_(spec), execution_(std::move(execution)) {
    const Conv2dShape& s = spec.shape;
    if (!activation_fits(spec.activation))
      activation_ = make_on(cuda, ActivationSpec{.activation = spec.activation,
                                                 .rows = s.batch * s.out_height() * s.out_width(),
                                                 .channels = s.out_channels,
                                                 .dtype = spec.dtype});
  }
  std::string implementation() const override { return execution_.implementation(); }
  std::size_t packed_bytes() const override { return weight_bytes(spec_.shape, spec_.dtype); }
  std::size_t workspace_bytes() const override { return rounded_bias() + execution_.workspace(); }
  void pack(ConstView weights, View packed, Stream& stream) override { pack_weights(spec_.shape, spec_.dtype, weights, packed, stream); }
  void run(ConstView x, ConstView packed, ConstView bias, View y, View workspace, Stream& stream) override {
    auto* memory = static_cast<std::byte*>(workspace.data);
    std::vector<std::pair<Uid, const void*>> pointers{{Uid::x, x.data}, {Uid::w, packed.data}, {Uid::y, y.data}};
    if (spec_.bias && rounded_bias() == 0) pointers.emplace_back(Uid::bias, bias.data);
    if (spec_.bias && rounded_bias() != 0) {  // beside bfloat16 operands a float32 bias has no precompiled engine
      round_on_cuda(bias.as<float>(), reinterpret_cast<bf16*>(memory), spec_.shape.out_channels, stream);
      pointers.emplace_back(Uid::bias, memory);
      memory += rounded_bias();
    }
    execution_.run(pointers, memory);
    if (activation_ != nullptr) activation_->run(y, y, stream);
  }

 private:
  std::size_t rounded_bias() const {
    return spec_.bias && spec_.dtype == DType::bf16 ? aligned(static_cast<std::size_t>(spec_.shape.out_channels) * sizeof(bf16)) : 0;
  }
  Conv2dForwardSpec spec_;
  Execution execution_;
  std::unique_ptr<ActivationForward> activation_;
};

class BackwardData final : public Conv2dBackwardData {
 public:
  BackwardData(const Conv2dBackwardDataSpec& spec, Execution execution) : spec_(spec), execution_(std::move(execution)) {}
  std::string implementation() const override { return execution_.implementation(); }
  std::size_t packed_bytes() const override { return weight_bytes(spec_.shape, spec_.dtype); }
  std::size_t workspace_bytes() const override { return execution_.workspace(); }
  void pack(ConstView weights, View packed, Stream& stream) override { pack_weights(spec_.shape, spec_.dtype, weights, packed, stream); }
  void run(ConstView dy, ConstView packed, View dx, View workspace, Stream&) override {
    execution_.run({{Uid::x, dx.data}, {Uid::w, packed.data}, {Uid::y, dy.data}}, workspace.data);
  }

 private:
  Conv2dBackwardDataSpec spec_;
  Execution execution_;
};

class BackwardWeights final : public Conv2dBackwardWeights {
 public:
  BackwardWeights(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec, Execution execution) : spec_(spec), execution_(std::move(execution)) {
    const Conv2dShape& s = spec.shape;
    if (spec.bias)
      bias_ = make_on(cuda, BiasActivationBackwardSpec{.forward = {.activation = Activation::linear,
                                                                   .rows = s.batch * s.out_height() * s.out_width(),
                                                                   .channels = s.out_channels,
                                                                   .dtype = spec.dtype}});
  }
  std::string implementation() const override { return execution_.implementation(); }
  std::size_t packed_bytes() const override { return weight_bytes(spec_.shape, spec_.dtype); }
  std::size_t workspace_bytes() const override {  // one after the other, in the same place
    return std::max(execution_.workspace(), bias_ == nullptr ? 0 : bias_->workspace_bytes());
  }
  void run(ConstView x, ConstView dy, View packed_dw, View d_bias, View workspace, Stream& stream) override {
    execution_.run({{Uid::x, x.data}, {Uid::w, packed_dw.data}, {Uid::y, dy.data}}, workspace.data);
    if (bias_ != nullptr && d_bias) bias_->run({}, dy, {}, d_bias, workspace, stream);
  }
  void unpack(ConstView packed_dw, View dw, Stream& stream) override {
    const auto count = static_cast<std::size_t>(weight_rows(spec_.shape) * spec_.shape.out_channels);
    transpose_on_cuda({packed_dw.data, spec_.dtype, count}, dw, spec_.shape.out_channels, weight_rows(spec_.shape), stream);
  }

 private:
  Conv2dBackwardWeightsSpec spec_;
  Execution execution_;
  std::unique_ptr<BiasActivationBackward> bias_;
};

}  // namespace

std::unique_ptr<Conv2dForward> make_conv2d(Cuda& cuda, Session& session, const Conv2dForwardSpec& spec) {
  auto execution = Execution::choose(cuda, session, graph_of(spec));
  return execution ? std::make_unique<Forward>(cuda, spec, std::move(*execution)) : nullptr;
}
std::unique_ptr<Conv2dBackwardData> make_conv2d(Cuda& cuda, Session& session, const Conv2dBackwardDataSpec& spec) {
  auto execution = Execution::choose(cuda, session, graph_of(spec));
  return execution ? std::make_unique<BackwardData>(spec, std::move(*execution)) : nullptr;
}
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(Cuda& cuda, Session& session, const Conv2dBackwardWeightsSpec& spec) {
  auto execution = Execution::choose(cuda, session, graph_of(spec));
  return execution ? std::make_unique<BackwardWeights>(cuda, spec, std::move(*execution)) : nullptr;
}

}  // namespace lehr::cudnn
