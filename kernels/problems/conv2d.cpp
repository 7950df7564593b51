#include "kernels/problems/conv2d.h"

#include "kernels/problems/words.h"

namespace lehr {

Conv2dForwardSpec conv2d_problem(const Problem& p) {
  const auto number = [&](std::string_view key, std::string_view common, std::int64_t otherwise) {
    return p.number(key, p.number(common, otherwise));
  };
  const DType dtype = dtype_word(p, "dtype", DType::f32);
  return {.shape = {.batch = p.number("n", 1),
                    .height = p.number("h", 1),
                    .width = p.number("w", 1),
                    .in_channels = p.number("c", 1),
                    .out_channels = p.number("f", 1),
                    .kernel_h = number("kh", "k", 1),
                    .kernel_w = number("kw", "k", 1),
                    .stride_h = number("stride_h", "stride", 1),
                    .stride_w = number("stride_w", "stride", 1),
                    .dilation_h = number("dilation_h", "dilation", 1),
                    .dilation_w = number("dilation_w", "dilation", 1),
                    .groups = p.number("groups", 1),
                    .pad_top = number("pad_top", "pad", 0),
                    .pad_bottom = number("pad_bottom", "pad", 0),
                    .pad_left = number("pad_left", "pad", 0),
                    .pad_right = number("pad_right", "pad", 0)},
          .dtype = dtype,
          .weights = dtype_word(p, "weights", DType::f32),
          .bias = p.number("bias", 1) != 0,
          .activation = activation_word(p),
          .variant = variant_word(p)};
}

}  // namespace lehr
