// Forward and backward-data are one computation: a convolution of a slab (slab.h) with weights [r,s,c,f], whose inner sum runs over
// kernel rows, kernel columns and channels where they lie. Backward-data takes the gradient's slab, spread by the stride, and weights
// turned by 180 degrees with c and f exchanged.
#include "kernels/cpu/ours/conv2d.h"

#include <algorithm>

#include "kernels/cpu/ours/epilogue.h"
#include "kernels/cpu/ours/scratch.h"
#include "kernels/cpu/ours/slab.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/cpu/parallel.h"

namespace lehr::ours {
namespace {

constexpr std::int64_t slab_floats = 64 * 1024;  // a quarter of a megabyte: half a second-level cache of the smallest kind in use
constexpr std::int64_t panel = 96;               // columns whose weights are read again for every row of a block

/// One convolution over slabs: what forward and backward-data have in common.
struct Plan {
  SlabShape in;
  std::int64_t images = 0, out_height = 0, out_width = 0, out_channels = 0;
  std::int64_t kernel_h = 0, kernel_w = 0, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, groups = 1;

  std::int64_t slab_rows(std::int64_t out_rows) const { return (out_rows - 1) * stride_h + (kernel_h - 1) * dilation_h + 1; }
  std::int64_t rows_of_a_chunk() const {
    const std::int64_t above = slab_rows(1) * in.row(), each = std::max<std::int64_t>(1, stride_h * in.row());
    return std::clamp<std::int64_t>((slab_floats - above) / each + 1, 1, out_height);
  }
  TileSum sum() const {
    const std::int64_t ci = in.channels / groups;
    TileSum s{.outer = kernel_h,
              .middle = kernel_w,
              .inner = ci,
              .a_row = stride_w * in.channels,
              .a_outer = dilation_h * in.row(),
              .a_middle = dilation_w * in.channels,
              .a_inner = 1,
              .b_outer = kernel_w * ci * out_channels,
              .b_middle = ci * out_channels,
              .b_inner = out_channels};
    if (groups == 1 && dilation_w == 1) {  // kernel columns and channels lie side by side
      s.inner *= s.middle;
      s.middle = 1;
    }
    return s;
  }
};

Plan forward_plan(const Conv2dShape& s) {
  return {.in = {.height = s.height,
                 .width = s.width,
                 .channels = s.in_channels,
                 .pad_top = s.pad_top,
                 .pad_left = s.pad_left,
                 .slab_width = (s.out_width() - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1},
          .images = s.batch,
          .out_height = s.out_height(),
          .out_width = s.out_width(),
          .out_channels = s.out_channels,
          .kernel_h = s.kernel_h,
          .kernel_w = s.kernel_w,
          .stride_h = s.stride_h,
          .stride_w = s.stride_w,
          .dilation_h = s.dilation_h,
          .dilation_w = s.dilation_w,
          .groups = s.groups};
}

Plan backward_plan(const Conv2dShape& s) {
  return {.in = {.height = s.out_height(),
                 .width = s.out_width(),
                 .channels = s.out_channels,
                 .pad_top = (s.kernel_h - 1) * s.dilation_h - s.pad_top,
                 .pad_left = (s.kernel_w - 1) * s.dilation_w - s.pad_left,
                 .up_h = s.stride_h,
                 .up_w = s.stride_w,
                 .slab_width = s.width + (s.kernel_w - 1) * s.dilation_w},
          .images = s.batch,
          .out_height = s.height,
          .out_width = s.width,
          .out_channels = s.in_channels,
          .kernel_h = s.kernel_h,
          .kernel_w = s.kernel_w,
          .dilation_h = s.dilation_h,
          .dilation_w = s.dilation_w,
          .groups = s.groups};
}

class SlabConvolution {
 public:
  SlabConvolution(const Cpu& cpu, const Plan& plan, DType dtype, Activation activation)
      : cpu_(cpu), p_(plan), dtype_(dtype), activation_(activation), level_(best_tile_level()), rows_(plan.rows_of_a_chunk()) {
    slab_size_ = whole_lines(p_.slab_rows(rows_) * p_.in.row());
    scratch_.per_thread = slab_size_ + (dtype == DType::f32 ? 0 : rows_ * p_.out_width * p_.out_channels);
    scratch_.threads = cpu.threads();
  }
  std::size_t workspace_bytes() const { return scratch_.bytes(); }

  void run(ConstView in, const float* weights, const float* bias, View out, View workspace) const {
    const std::int64_t blocks = chunks_of(p_.out_height, rows_);
    for_chunks(cpu_, p_.images * blocks, 1, [&](std::int64_t chunk, std::int64_t, std::int64_t) {
      block(in, weights, bias, out, workspace, chunk / blocks, chunk % blocks * rows_);
    });
  }

 private:
  void block(ConstView in, const float* weights, const float* bias, View out, View workspace, std::int64_t image,
             std::int64_t first) const {
    float* slab = scratch_.own_part(workspace);
    const std::int64_t rows = std::min(rows_, p_.out_height - first), row = p_.out_width * p_.out_channels;
    fill_slab(p_.in, in, image, first * p_.stride_h, p_.slab_rows(rows), slab);
    const std::int64_t offset = (image * p_.out_height + first) * row;
    float* to = dtype_ == DType::f32 ? out.as<float>() + offset : slab + slab_size_;
    multiply(slab, weights, bias, rows, to);
    activate(activation_, to, rows * row);
    if (dtype_ == DType::bf16) narrow(to, out.as<bf16>() + offset, rows * row);
  }

  void multiply(const float* slab, const float* weights, const float* bias, std::int64_t rows, float* to) const {
    const TileSum sum = p_.sum();
    const std::int64_t ci = p_.in.channels / p_.groups, co = p_.out_channels / p_.groups;
    for (std::int64_t g = 0; g < p_.groups; ++g)
      for (std::int64_t f = 0; f < co; f += panel)
        for (std::int64_t p = 0; p < rows; ++p) {
          const std::int64_t column = g * co + f;
          TileOutput out{.c = to + p * p_.out_width * p_.out_channels + column,
                         .stride = p_.out_channels,
                         .bias = bias == nullptr ? nullptr : bias + column};
          clamp_for(activation_, out);
          tile_block(level_, sum, slab + p * p_.stride_h * p_.in.row() + g * ci, weights + column, p_.out_width, std::min(panel, co - f),
                     out);
        }
  }

  const Cpu& cpu_;
  Plan p_;
  DType dtype_;
  Activation activation_;
  TileLevel level_;
  std::int64_t rows_, slab_size_ = 0;
  Scratch scratch_;
};

std::int64_t weight_count(const Conv2dShape& s) { return s.kernel_h * s.kernel_w * (s.in_channels / s.groups) * s.out_channels; }

/// The public order is the one read; only types differ. Under bf16 the weights are rounded too, as every backend does.
class Forward final : public Conv2dForward {
 public:
  Forward(const Cpu& cpu, const Conv2dForwardSpec& s) : s_(s), convolution_(cpu, forward_plan(s.shape), s.dtype, s.activation) {}
  std::size_t packed_bytes() const override {
    return s_.dtype == DType::f32 && s_.weights == DType::f32 ? 0 : static_cast<std::size_t>(weight_count(s_.shape)) * sizeof(float);
  }
  std::size_t workspace_bytes() const override { return convolution_.workspace_bytes(); }
  void pack(ConstView weights, View packed, Stream&) override {
    if (packed_bytes() == 0) return;
    if (s_.weights == DType::bf16)
      widen(weights.as<bf16>(), static_cast<float*>(packed.data), weight_count(s_.shape));
    else
      round_to_bf16(weights.as<float>(), static_cast<float*>(packed.data), weight_count(s_.shape));
  }
  void run(ConstView x, ConstView packed, ConstView bias, View y, View workspace, Stream&) override {
    convolution_.run(x, static_cast<const float*>(packed.data), s_.bias ? bias.as<float>() : nullptr, y, workspace);
  }

 private:
  Conv2dForwardSpec s_;
  SlabConvolution convolution_;
};

class BackwardData final : public Conv2dBackwardData {
 public:
  BackwardData(const Cpu& cpu, const Conv2dBackwardDataSpec& s)
      : s_(s), convolution_(cpu, backward_plan(s.shape), s.dtype, Activation::linear) {}
  std::size_t packed_bytes() const override { return static_cast<std::size_t>(weight_count(s_.shape)) * sizeof(float); }
  std::size_t workspace_bytes() const override { return convolution_.workspace_bytes(); }

  /// packed[r, s, f of the group, all c] = weights[R-1-r, S-1-s, c of the group, all f]
  void pack(ConstView weights, View packed, Stream&) override {
    const Conv2dShape& k = s_.shape;
    const std::int64_t ci = k.in_channels / k.groups, co = k.out_channels / k.groups, taps = k.kernel_h * k.kernel_w;
    auto* to = static_cast<float*>(packed.data);
    const auto value = [&](std::int64_t i) {
      const float v = s_.weights == DType::f32 ? weights.as<float>()[i] : static_cast<float>(weights.as<bf16>()[i]);
      return s_.dtype == DType::f32 ? v : static_cast<float>(bf16(v));
    };
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t g = 0; g < k.groups; ++g)
        for (std::int64_t f = 0; f < co; ++f)
          for (std::int64_t c = 0; c < ci; ++c)
            to[(tap * co + f) * k.in_channels + g * ci + c] = value(((taps - 1 - tap) * ci + c) * k.out_channels + g * co + f);
  }
  void run(ConstView dy, ConstView packed, View dx, View workspace, Stream&) override {
    convolution_.run(dy, static_cast<const float*>(packed.data), nullptr, dx, workspace);
  }

 private:
  Conv2dBackwardDataSpec s_;
  SlabConvolution convolution_;
};

}  // namespace

std::unique_ptr<Conv2dForward> make_conv2d(const Cpu& cpu, const Conv2dForwardSpec& spec) { return std::make_unique<Forward>(cpu, spec); }
std::unique_ptr<Conv2dBackwardData> make_conv2d(const Cpu& cpu, const Conv2dBackwardDataSpec& spec) {
  return std::make_unique<BackwardData>(cpu, spec);
}

}  // namespace lehr::ours
