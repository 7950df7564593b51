// Convolutions and products as lines of tests/problems.
#include <string_view>

#include "kernels/conv2d.h"
#include "kernels/fused_matmul.h"

namespace lehr {
namespace {

class Line {
 public:
  explicit Line(std::string text = {}) : text_(std::move(text)) {}
  Line& word(std::string_view key, std::string_view value) {
    text_ += (text_.empty() ? "" : " ") + std::string(key) + "=" + std::string(value);
    return *this;
  }
  Line& number(std::string_view key, std::int64_t value) { return word(key, std::to_string(value)); }
  Line& unless(std::string_view key, std::int64_t value, std::int64_t usual) { return value == usual ? *this : number(key, value); }
  /// `k=3`, or `kh=3 kw=5` where the two differ.
  Line& pair(std::string_view both, std::string_view first, std::string_view second, std::int64_t a, std::int64_t b, std::int64_t usual) {
    return a == b ? unless(both, a, usual) : number(first, a).number(second, b);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Line line_of(const Conv2dShape& s) {
  Line line;
  line.number("n", s.batch).number("h", s.height).number("w", s.width).number("c", s.in_channels).number("f", s.out_channels);
  line.pair("k", "kh", "kw", s.kernel_h, s.kernel_w, 1).pair("stride", "stride_h", "stride_w", s.stride_h, s.stride_w, 1);
  line.pair("dilation", "dilation_h", "dilation_w", s.dilation_h, s.dilation_w, 1).unless("groups", s.groups, 1);
  if (s.pad_top == s.pad_bottom && s.pad_left == s.pad_right && s.pad_top == s.pad_left) return line.unless("pad", s.pad_top, 0);
  return line.unless("pad_top", s.pad_top, 0)
      .unless("pad_bottom", s.pad_bottom, 0)
      .unless("pad_left", s.pad_left, 0)
      .unless("pad_right", s.pad_right, 0);
}

template <class Spec>
std::string finish(Line line, const Spec& spec, std::string_view pass) {
  line.word("dtype", name_of(spec.dtype));
  if constexpr (requires { spec.weights; }) line.word("weights", name_of(spec.weights));
  line.unless("tf32", spec.tf32 ? 1 : 0, 0);
  if (spec.variant != Variant::automatic) line.word("variant", name_of(spec.variant));
  return line.word("pass", pass).text();
}

}  // namespace

std::string problem_line(const Conv2dForwardSpec& spec) {
  Line line = line_of(spec.shape);
  line.unless("bias", spec.bias ? 1 : 0, 1);
  if (spec.activation != Activation::linear) line.word("activation", name_of(spec.activation));
  return finish(line, spec, "forward");
}
std::string problem_line(const Conv2dBackwardDataSpec& spec) { return finish(line_of(spec.shape), spec, "d_input"); }
std::string problem_line(const Conv2dBackwardWeightsSpec& spec) {
  return finish(line_of(spec.shape).unless("bias", spec.bias ? 1 : 0, 1), spec, "d_weights");
}

std::string problem_line(const MatmulSpec& s) {
  Line line;
  line.number("m", s.m).number("n", s.n).number("k", s.k).unless("ta", s.transpose_a ? 1 : 0, 0).unless("tb", s.transpose_b ? 1 : 0, 0);
  line.word("a", name_of(s.a)).word("b", name_of(s.b)).word("c", name_of(s.c)).unless("bias", s.bias ? 1 : 0, 0);
  if (s.activation != Activation::linear) line.word("activation", name_of(s.activation));
  line.unless("tf32", s.tf32 ? 1 : 0, 0);
  if (s.variant != Variant::automatic) line.word("variant", name_of(s.variant));
  return line.text();
}
std::string problem_line(const FusedMatmulSpec& s) {
  Line line(problem_line(s.product));
  if (s.mask != ReluMask::none) line.word("mask", s.mask == ReluMask::writes ? "writes" : "applies");
  return line.unless("sums", s.sums ? 1 : 0, 0).text();
}

}  // namespace lehr
