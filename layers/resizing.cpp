#include "layers/resizing.h"

#include "kernels/spatial.h"
#include "layers/bordering.h"
#include "layers/window.h"

namespace lehr {

namespace {

Value emit_resize(Planner& p, const std::string& layer, Value x, const Shape& in, Size2 size, Interpolation interpolation) {
  const Resize2dSpec spec{.batch = p.batch(),
                          .height = in[0],
                          .width = in[1],
                          .channels = in[2],
                          .out_height = size.height,
                          .out_width = size.width,
                          .bilinear = interpolation == Interpolation::bilinear,
                          .dtype = p.dtype(x)};
  const Value y = p.tensor(layer, p.batch() * size.height * size.width * in[2], p.dtype(x));
  auto forward = p.prepare(spec);
  p.add({.name = "resize", .layer = layer, .reads = {x}, .writes = {y}, .run = [forward, x, y](const Binding& v, View, Stream& s) {
           forward->run(v[x], v[y], s);
         }});
  p.require_gradient(y, p.requires_gradient(x));
  p.on_backward([&p, x, y, spec, layer] {
    if (!p.has_gradient(y)) return;
    const Value dy = p.gradient(y);
    p.contribute(x, [&](Value dx) {
      auto op = p.prepare(Resize2dBackwardSpec{spec});
      p.add({.name = "resize backward",
             .layer = layer,
             .reads = {dy},
             .writes = {dx},
             .run = [op, dy, dx](const Binding& v, View, Stream& s) { op->run(v[dy], v[dx], s); }});
    });
  });
  return y;
}

/// The largest centred window of the output's proportions, as a border to cut off: keras.ops.image.resize's crop_to_aspect_ratio.
Border proportions(const Shape& in, Size2 size) {
  const std::int64_t height = std::min(in[0], in[1] * size.height / size.width), width = std::min(in[1], in[0] * size.width / size.height);
  const std::int64_t h = std::max<std::int64_t>(height, 1), w = std::max<std::int64_t>(width, 1);
  const std::int64_t top = (in[0] - h) / 2, left = (in[1] - w) / 2;
  return {-top, -(in[0] - h - top), -left, -(in[1] - w - left)};
}

class ResizingLayer final : public Layer {
 public:
  ResizingLayer(Size2 size, bool factor, Interpolation interpolation, bool crop)
      : size_(size), factor_(factor), crop_(crop), interpolation_(interpolation) {
    if (std::min(size.height, size.width) < 1)
      throw Error({.category = Category::usage,
                   .what = "sizes must be positive",
                   .expected = "1 or more",
                   .got = std::to_string(std::min(size.height, size.width))});
  }
  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    const Size2 out = outputs(in[0]);
    return {out.height, out.width, in[0][2]};
  }
  Value emit(Emission& e) const override {
    Value x = e.x[0];
    Shape in = e.shapes[0];
    const Size2 out = outputs(in);
    if (crop_) {
      const Border border = proportions(in, out);
      x = emit_border(e.plan, e.name, x, in, border);
      in = {in[0] + border.top + border.bottom, in[1] + border.left + border.right, in[2]};
    }
    return emit_resize(e.plan, e.name, x, in, out, interpolation_);
  }

 private:
  Size2 outputs(const Shape& in) const { return factor_ ? Size2(in[0] * size_.height, in[1] * size_.width) : size_; }
  Size2 size_;
  bool factor_, crop_;
  Interpolation interpolation_;
};

class CenterCropLayer final : public Layer {
 public:
  explicit CenterCropLayer(Size2 size) : size_(size), resize_(size, false, Interpolation::bilinear, true) {}
  Shape output_shape(std::span<const Shape> in) const override { return resize_.output_shape(in); }
  Value emit(Emission& e) const override {
    const Shape& in = e.shapes[0];
    const std::int64_t rows = in[0] - size_.height, columns = in[1] - size_.width;
    if (rows < 0 || columns < 0) return resize_.emit(e);
    return emit_border(e.plan, e.name, e.x[0], in, {-(rows / 2), -(rows - rows / 2), -(columns / 2), -(columns - columns / 2)});
  }

 private:
  Size2 size_;
  ResizingLayer resize_;
};

/// An image of one pixel, n rows high.
class RepeatVectorLayer final : public Layer {
 public:
  explicit RepeatVectorLayer(int n) : n_(n), resize_(Size2(n, 1), true, Interpolation::nearest, false) {}
  Shape output_shape(std::span<const Shape> in) const override {
    if (in[0].rank() != 1)
      throw Error({.category = Category::usage,
                   .what = "input has " + std::to_string(in[0].rank() + 1) + " axes with the batch",
                   .expected = "(features,)",
                   .got = in[0].text(),
                   .hint = "Put a Flatten before."});
    return {n_, in[0][0]};
  }
  Value emit(Emission& e) const override {
    const std::int64_t features = e.shapes[0][0];
    Emission image{.plan = e.plan,
                   .name = e.name,
                   .x = e.x,
                   .shapes = {Shape{1, 1, features}},
                   .output = {n_, 1, features},
                   .weights = {},
                   .trainable = e.trainable};
    return resize_.emit(image);
  }

 private:
  std::int64_t n_;
  ResizingLayer resize_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const RepeatVector& s) { return std::make_unique<RepeatVectorLayer>(s.n); }
std::unique_ptr<Layer> make_layer(const UpSampling2D& s) { return std::make_unique<ResizingLayer>(s.size, true, s.interpolation, false); }
std::unique_ptr<Layer> make_layer(const Resizing& s) {
  return std::make_unique<ResizingLayer>(Size2(s.height, s.width), false, s.interpolation, s.crop_to_aspect_ratio);
}
std::unique_ptr<Layer> make_layer(const CenterCrop& s) { return std::make_unique<CenterCropLayer>(Size2(s.height, s.width)); }

}  // namespace lehr
