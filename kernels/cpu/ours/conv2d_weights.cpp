// dw[r,s,c,f] = sum over images, p, q of x[.., p*stride_h + r*dilation_h, q*stride_w + s*dilation_w, c] * dy[.., p, q, f]
// The batch is cut into parts that depend on the problem alone; each sums its share of pixels, slab by slab, into a dw of its own, and
// the parts are added in order: same bits for any number of threads.
#include <algorithm>

#include "kernels/cpu/ours/conv2d.h"
#include "kernels/cpu/ours/epilogue.h"
#include "kernels/cpu/ours/scratch.h"
#include "kernels/cpu/ours/slab.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/cpu/parallel.h"

namespace lehr::ours {
namespace {

/// Of a slab and its gradients: half a megabyte lies in a second-level cache; where dw itself does not, larger units visit it less often.
constexpr std::int64_t unit_floats(std::int64_t weights) { return weights < 200'000 ? 128 * 1024 : 256 * 1024; }
constexpr std::int64_t partial_floats = 8 * 1024 * 1024;  // of all parts together, where that leaves at least four
constexpr std::int64_t most_parts = 64, least_parts = 4;

LEHR_SIMD void add_rows(const float* from, std::int64_t rows, std::int64_t columns, float* sums) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t f = 0; f < columns; ++f) sums[f] += from[i * columns + f];
}

class BackwardWeights final : public Conv2dBackwardWeights {
 public:
  BackwardWeights(const Cpu& cpu, const Conv2dBackwardWeightsSpec& spec)
      : cpu_(cpu), spec_(spec), k_(spec.shape), level_(best_tile_level()) {
    in_ = {.height = k_.height,
           .width = k_.width,
           .channels = k_.in_channels,
           .pad_top = k_.pad_top,
           .pad_left = k_.pad_left,
           .slab_width = (k_.out_width() - 1) * k_.stride_w + (k_.kernel_w - 1) * k_.dilation_w + 1};
    count_ = k_.kernel_h * k_.kernel_w * (k_.in_channels / k_.groups) * k_.out_channels;
    cut();
    const std::int64_t own = whole_lines(count_ + k_.out_channels);
    scratch_.shared = parts_ * own;
    part_stride_ = own;
    slab_size_ = whole_lines(images_ * slab_rows(rows_) * in_.row());
    scratch_.per_thread = slab_size_ + (spec.dtype == DType::f32 ? 0 : images_ * rows_ * k_.out_width() * k_.out_channels);
    scratch_.threads = cpu.threads();
  }
  std::size_t packed_bytes() const override { return 0; }
  std::size_t workspace_bytes() const override { return scratch_.bytes(); }
  void unpack(ConstView, View, Stream&) override {}

  void run(ConstView x, ConstView dy, View dw, View d_bias, View workspace, Stream&) override {
    float* partials = Scratch::shared_part(workspace);
    for_chunks(cpu_, parts_, 1, [&](std::int64_t part, std::int64_t, std::int64_t) {
      for (std::int64_t u = part * units_ / parts_; u < (part + 1) * units_ / parts_; ++u)
        add_unit(x, dy, u, u == part * units_ / parts_, partials + part * part_stride_, scratch_.own_part(workspace));
    });
    add_parts(partials, dw.as<float>(), 0, count_);
    if (spec_.bias) add_parts(partials, d_bias.as<float>(), count_, k_.out_channels);
  }

 private:
  std::int64_t slab_rows(std::int64_t rows) const { return (rows - 1) * k_.stride_h + (k_.kernel_h - 1) * k_.dilation_h + 1; }

  /// A unit is some rows of one image, or some whole images where they are small.
  void cut() {
    const std::int64_t gradient_row = k_.out_width() * k_.out_channels;
    const std::int64_t above = slab_rows(1) * in_.row() + gradient_row, each = k_.stride_h * in_.row() + gradient_row;
    rows_ = std::clamp<std::int64_t>((unit_floats(count_) - above) / each + 1, 1, k_.out_height());
    if (rows_ == k_.out_height()) {
      const std::int64_t image = slab_rows(rows_) * in_.row() + rows_ * gradient_row;
      images_ = std::clamp<std::int64_t>(unit_floats(count_) / image, 1, std::max<std::int64_t>(1, k_.batch / least_parts));
    }
    row_blocks_ = chunks_of(k_.out_height(), rows_);
    units_ = chunks_of(k_.batch, images_) * row_blocks_;
    parts_ = std::clamp(partial_floats / std::max<std::int64_t>(1, count_), least_parts, most_parts);
    parts_ = std::min(parts_, units_);
  }

  void add_unit(ConstView x, ConstView dy, std::int64_t unit, bool first, float* dw, float* own) const {
    const std::int64_t image = unit / row_blocks_ * images_, row = unit % row_blocks_ * rows_;
    const std::int64_t images = std::min(images_, k_.batch - image), rows = std::min(rows_, k_.out_height() - row);
    const std::int64_t image_floats = slab_rows(rows) * in_.row();
    for (std::int64_t i = 0; i < images; ++i) fill_slab(in_, x, image + i, row * k_.stride_h, slab_rows(rows), own + i * image_floats);
    // Where a unit has several images it has all their rows, so that the gradients of all its pixels lie side by side.
    const std::int64_t from = (image * k_.out_height() + row) * k_.out_width() * k_.out_channels;
    const std::int64_t pixels = images * rows * k_.out_width();
    const float* gradient = nullptr;
    if (dy.dtype == DType::f32) {
      gradient = dy.as<float>() + from;
    } else {
      load(dy.data, dy.dtype, from, own + slab_size_, pixels * k_.out_channels);
      gradient = own + slab_size_;
    }
    multiply(own, gradient, images, rows, first, dw);
    if (spec_.bias) add_bias(gradient, pixels, first, dw + count_);
  }

  void multiply(const float* slab, const float* gradient, std::int64_t images, std::int64_t rows, bool first, float* dw) const {
    const std::int64_t ci = k_.in_channels / k_.groups, co = k_.out_channels / k_.groups;
    const bool joined = k_.groups == 1 && k_.dilation_w == 1;  // kernel columns and channels lie side by side
    const TileSum sum{.outer = images,
                      .middle = rows,
                      .inner = k_.out_width(),
                      .a_row = 1,
                      .a_outer = slab_rows(rows) * in_.row(),
                      .a_middle = k_.stride_h * in_.row(),
                      .a_inner = k_.stride_w * k_.in_channels,
                      .b_outer = rows * k_.out_width() * k_.out_channels,
                      .b_middle = k_.out_width() * k_.out_channels,
                      .b_inner = k_.out_channels};
    for (std::int64_t g = 0; g < k_.groups; ++g)
      for (std::int64_t r = 0; r < k_.kernel_h; ++r)
        for (std::int64_t s = 0; s < (joined ? 1 : k_.kernel_w); ++s)
          tile_block(level_, sum, slab + r * k_.dilation_h * in_.row() + s * k_.dilation_w * k_.in_channels + g * ci, gradient + g * co,
                     joined ? k_.kernel_w * ci : ci, co,
                     {.c = dw + (r * k_.kernel_w + s) * ci * k_.out_channels + g * co, .stride = k_.out_channels, .accumulate = !first});
  }

  void add_bias(const float* gradient, std::int64_t pixels, bool first, float* sums) const {
    if (first) std::fill_n(sums, k_.out_channels, 0.0F);
    add_rows(gradient, pixels, k_.out_channels, sums);
  }

  void add_parts(const float* partials, float* to, std::int64_t offset, std::int64_t count) const {
    for_chunks(cpu_, count, 4096, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      std::copy(partials + offset + begin, partials + offset + end, to + begin);
      for (std::int64_t part = 1; part < parts_; ++part) {
        const float* from = partials + part * part_stride_ + offset;
        for (std::int64_t i = begin; i < end; ++i) to[i] += from[i];
      }
    });
  }

  const Cpu& cpu_;
  Conv2dBackwardWeightsSpec spec_;
  Conv2dShape k_;
  TileLevel level_;
  SlabShape in_;
  std::int64_t count_ = 0, rows_ = 1, images_ = 1, row_blocks_ = 1, units_ = 1, parts_ = 1, part_stride_ = 0, slab_size_ = 0;
  Scratch scratch_;
};

}  // namespace

std::unique_ptr<Conv2dBackwardWeights> make_conv2d(const Cpu& cpu, const Conv2dBackwardWeightsSpec& spec) {
  return std::make_unique<BackwardWeights>(cpu, spec);
}

}  // namespace lehr::ours
