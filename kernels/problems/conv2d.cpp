#include "kernels/conv2d.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/rounded_terms.h"
#include "kernels/problems/words.h"
#include "kernels/reference/conv2d.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr::check {

Conv2dForwardSpec conv2d_spec(const Problem& p) {
  const auto number = [&](std::string_view key, std::string_view common, std::int64_t otherwise) {
    return p.number(key, p.number(common, otherwise));
  };
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
          .dtype = dtype_word(p),
          .weights = dtype_word(p, "weights"),
          .bias = p.number("bias", 1) != 0,
          .activation = activation_word(p),
          .variant = variant_word(p),
          .tf32 = p.number("tf32", 0) != 0};
}

namespace {

/// What the kernel computes with: under bf16 the weights are rounded when they are packed.
std::vector<double> rounded(std::vector<double> values, DType dtype) {
  if (dtype == DType::bf16)
    for (double& v : values) v = static_cast<double>(static_cast<float>(bf16(static_cast<float>(v))));
  return values;
}

Expected sums_within(DType dtype, std::int64_t terms, reference::Sums sums, bool tf32 = false) {
  for (double& m : sums.magnitude) m += 1e-3;
  Expected e = within(dtype, static_cast<double>(terms), std::move(sums.value), sums.magnitude);
  return tf32 ? in_tf32(std::move(e), sums.magnitude) : e;
}

class Maker {
 public:
  Maker(const Problem& problem, Backend& backend)
      : on_(backend),
        spec_(conv2d_spec(problem)),
        s_(spec_.shape),
        x_(on_.input(spec_.dtype, reference::input_count(s_))),
        w_(on_.input(spec_.weights, reference::weight_count(s_))),
        dy_(on_.input(spec_.dtype, reference::output_count(s_))),
        bias_(on_.input(DType::f32, spec_.bias ? s_.out_channels : 0)) {}

  Case make() && {
    forward();
    backward_data();
    backward_weights();
    return std::move(on_);
  }

 private:
  double weight_bytes() const { return static_cast<double>(w_.count() * size_of(spec_.dtype)); }
  Pass pass(std::string name) const {
    return {.name = std::move(name),
            .run = {},
            .results = {},
            .flops = s_.flops(),
            .bytes = traffic(x_, dy_) + weight_bytes(),
            .dtype = spec_.dtype,
            .any_threads = spec_.variant == Variant::ours};
  }
  template <class Op>
  Guarded& packed_weights(Op& op) {
    if (op.packed_bytes() == 0) return w_;
    Guarded& packed = on_.memory(DType::u8, static_cast<std::int64_t>(op.packed_bytes()));
    op.pack(w_, packed, on_.stream());
    return packed;
  }

  void forward() {
    const auto op = on_.prepare(spec_);
    auto &packed = packed_weights(*op), &y = on_.memory(spec_.dtype, reference::output_count(s_)),
         &workspace = on_.workspace(op->workspace_bytes());
    Pass p = pass("forward");
    p.run = [op, &x = x_, &packed, &bias = bias_, &y, &workspace, &stream = on_.stream()] {
      op->run(x, packed, bias, y, workspace, stream);
    };
    p.results = {{"y", &y, [spec = spec_, op, &x = x_, &w = w_, &bias = bias_] {
                    const auto& s = spec.shape;
                    const auto added = bias.values();
                    const auto sums = [&](Activation activation) {
                      return reference::conv2d(s, activation, x.values(), rounded(w.values(), spec.dtype), added);
                    };
                    Expected e = sums_within(spec.dtype, s.kernel_h * s.kernel_w * s.in_channels + 1, sums(spec.activation), spec.tf32);
                    if (!rounds_on_the_way(op->implementation(), spec.dtype)) return e;
                    e = with_rounded(std::move(e), added);
                    return follows_in_a_kernel(spec.activation) ? with_rounded(std::move(e), sums(Activation::linear).value) : e;
                  }}};
    on_.add(std::move(p));
  }

  void backward_data() {
    const auto op = on_.prepare(
        Conv2dBackwardDataSpec{.shape = s_, .dtype = spec_.dtype, .weights = spec_.weights, .variant = spec_.variant, .tf32 = spec_.tf32});
    auto &packed = packed_weights(*op), &dx = on_.memory(spec_.dtype, reference::input_count(s_)),
         &workspace = on_.workspace(op->workspace_bytes());
    Pass p = pass("d_input");
    p.run = [op, &dy = dy_, &packed, &dx, &workspace, &stream = on_.stream()] { op->run(dy, packed, dx, workspace, stream); };
    p.results = {{"dx", &dx, [spec = spec_, &dy = dy_, &w = w_] {
                    const auto& s = spec.shape;
                    return sums_within(spec.dtype, s.kernel_h * s.kernel_w * s.out_channels,
                                       reference::conv2d_backward_data(s, dy.values(), rounded(w.values(), spec.dtype)), spec.tf32);
                  }}};
    on_.add(std::move(p));
  }

  void backward_weights() {
    const auto op = on_.prepare(
        Conv2dBackwardWeightsSpec{.shape = s_, .dtype = spec_.dtype, .bias = spec_.bias, .variant = spec_.variant, .tf32 = spec_.tf32});
    auto &dw = on_.memory(DType::f32, reference::weight_count(s_)), &db = on_.memory(DType::f32, spec_.bias ? s_.out_channels : 0),
         &workspace = on_.workspace(op->workspace_bytes());
    const bool packs = op->packed_bytes() != 0;
    auto& packed = packs ? on_.workspace(op->packed_bytes()) : dw;
    Pass p = pass("d_weights");
    p.bytes = traffic(x_, dy_, dw);
    p.run = [op, &x = x_, &dy = dy_, &packed, &db, &workspace, &stream = on_.stream()] { op->run(x, dy, packed, db, workspace, stream); };
    if (packs) p.finish = [op, &packed, &dw, &stream = on_.stream()] { op->unpack(packed, dw, stream); };
    const std::int64_t terms = s_.batch * s_.out_height() * s_.out_width();
    p.results = {{"dw", &dw, [s = s_, terms, tf32 = spec_.tf32, &x = x_, &dy = dy_] {
                    return sums_within(DType::f32, terms, reference::conv2d_backward_weights(s, x.values(), dy.values()), tf32);
                  }}};
    if (spec_.bias)
      p.results.push_back({"d_bias", &db, [s = s_, terms, &dy = dy_] {
                             return sums_within(DType::f32, terms, reference::conv2d_backward_bias(s, dy.values()));
                           }});
    on_.add(std::move(p));
  }

  Case on_;
  Conv2dForwardSpec spec_;
  Conv2dShape s_;
  Guarded &x_, &w_, &dy_, &bias_;
};

}  // namespace

Case conv2d_case(const Problem& problem, Backend& backend) { return Maker(problem, backend).make(); }

bool conv2d_offered(const Problem& problem, Backend& backend) {
  const Variant variant = variant_word(problem);
  const Conv2dForwardSpec spec = conv2d_spec(problem);
#ifdef LEHR_WITH_CUDA
  if (backend.kind() == DeviceKind::cuda)  // the tensor rung has no float32
    return available(static_cast<Cuda&>(backend), variant) && (variant != Variant::tensor || spec.tf32 || spec.dtype == DType::bf16);
#endif
  return available(static_cast<Cpu&>(backend), variant, spec.dtype);
}

}  // namespace lehr::check
