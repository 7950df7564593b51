#include "layers/pooling.h"

#include "kernels/pool2d.h"

namespace lehr {

namespace {

class PoolingLayer final : public Layer {
 public:
  PoolingLayer(Pooling pooling, Size2 size, std::optional<Size2> strides, Padding padding)
      : pooling_(pooling), size_(size), strides_(strides.value_or(size)), padding_(padding) {
    if (std::min({size_.height, size_.width, strides_.height, strides_.width}) <= 0)
      throw Error({.category = Category::usage,
                   .what = "pool_size and strides must be positive",
                   .expected = "1 or more",
                   .got = std::to_string(std::min({size_.height, size_.width, strides_.height, strides_.width}))});
    if (pooling == Pooling::max && size_.height * size_.width > 255)
      throw Error({.category = Category::usage,
                   .what = "pool_size is too large",
                   .expected = "at most 255 cells",
                   .got = std::to_string(size_.height * size_.width),
                   .hint = "Use GlobalMaxPooling2D."});
  }

  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    const auto [h, w] = axes(in[0]);
    check_window(in[0], size_, h, w);
    return {h.outputs, w.outputs, in[0][2]};
  }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const auto [h, w] = axes(e.shapes[0]);
    const Pool2dShape shape{.batch = e.batch(),
                            .height = e.shapes[0][0],
                            .width = e.shapes[0][1],
                            .channels = e.shapes[0][2],
                            .kernel_h = size_.height,
                            .kernel_w = size_.width,
                            .stride_h = strides_.height,
                            .stride_w = strides_.width,
                            .pad_top = h.before,
                            .pad_bottom = h.after,
                            .pad_left = w.before,
                            .pad_right = w.after};
    const Value x = e.x[0], y = e.make_output();
    const bool wants_index = pooling_ == Pooling::max && p.requires_gradient(x);
    const Value index = wants_index ? p.tensor(e.name + " index", p.count(y), DType::u8) : Value{};
    auto forward = p.prepare(Pool2dForwardSpec{.shape = shape, .pooling = pooling_, .dtype = p.dtype(x), .index = wants_index});
    p.add({.name = "pooling",
           .layer = e.name,
           .reads = {x},
           .writes = wants_index ? std::vector{y, index} : std::vector{y},
           .run = [forward, x, y, index](const Binding& v, View, Stream& s) { forward->run(v[x], v[y], v[index], s); }});

    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, index, shape, name = e.name, pooling = pooling_] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y);
      p.contribute(x, [&](Value dx) {
        auto op = p.prepare(Pool2dBackwardSpec{.shape = shape, .pooling = pooling, .dtype = p.dtype(dy)});
        p.add({.name = "pooling backward",
               .layer = name,
               .reads = {dy, index},
               .writes = {dx},
               .run = [op, dy, index, dx](const Binding& v, View, Stream& s) { op->run(v[dy], v[index], v[dx], s); }});
      });
    });
    return y;
  }

 private:
  std::pair<WindowAxis, WindowAxis> axes(const Shape& in) const {
    return {window_axis(in[0], size_.height, strides_.height, 1, padding_), window_axis(in[1], size_.width, strides_.width, 1, padding_)};
  }
  Pooling pooling_;
  Size2 size_, strides_;
  Padding padding_;
};

class GlobalPoolingLayer final : public Layer {
 public:
  GlobalPoolingLayer(Pooling pooling, bool keepdims) : pooling_(pooling), keepdims_(keepdims) {}

  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    return keepdims_ ? Shape{1, 1, in[0][2]} : Shape{in[0][2]};
  }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0], y = e.make_output();
    const GlobalPool2dSpec spec{.batch = e.batch(),
                                .pixels = e.shapes[0][0] * e.shapes[0][1],
                                .channels = e.shapes[0][2],
                                .pooling = pooling_,
                                .dtype = p.dtype(x)};
    const Value index = pooling_ == Pooling::max ? p.tensor(e.name + " index", p.count(y), DType::i32) : Value{};
    auto forward = p.prepare(spec);
    p.add({.name = "global pooling",
           .layer = e.name,
           .reads = {x},
           .writes = index ? std::vector{y, index} : std::vector{y},
           .run = [forward, x, y, index](const Binding& v, View, Stream& s) { forward->run(v[x], v[y], v[index], s); }});

    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, index, spec, name = e.name] {
      if (!p.has_gradient(y)) return;
      const Value dy = p.gradient(y);
      p.contribute(x, [&](Value dx) {
        auto op = p.prepare(GlobalPool2dBackwardSpec{spec});
        p.add({.name = "global pooling backward",
               .layer = name,
               .reads = {dy, index},
               .writes = {dx},
               .run = [op, dy, index, dx](const Binding& v, View, Stream& s) { op->run(v[dy], v[index], v[dx], s); }});
      });
    });
    return y;
  }

 private:
  Pooling pooling_;
  bool keepdims_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const MaxPooling2D& s) {
  return std::make_unique<PoolingLayer>(Pooling::max, s.pool_size, s.strides, s.padding);
}
std::unique_ptr<Layer> make_layer(const AveragePooling2D& s) {
  return std::make_unique<PoolingLayer>(Pooling::average, s.pool_size, s.strides, s.padding);
}
std::unique_ptr<Layer> make_layer(const GlobalAveragePooling2D& s) {
  return std::make_unique<GlobalPoolingLayer>(Pooling::average, s.keepdims);
}
std::unique_ptr<Layer> make_layer(const GlobalMaxPooling2D& s) { return std::make_unique<GlobalPoolingLayer>(Pooling::max, s.keepdims); }

}  // namespace lehr
