#include "layers/bordering.h"

#include "kernels/spatial.h"
#include "layers/window.h"

namespace lehr {

namespace {

constexpr std::int64_t most = 100'000;

std::array<std::int64_t, 2> pair_of(const SpecValue& value) {
  const auto items = spec_elements(value);
  if (items.size() != 2 && items.size() != 1) throw wrong_type(value, SpecConvert<Border>::expects());
  return {spec_integer(items.front(), 0, most), spec_integer(items.back(), 0, most)};
}

}  // namespace

Border SpecConvert<Border>::from(const SpecValue& value) {
  const auto items = spec_elements(value);
  if (items.size() == 1 && !value.is(SpecKind::list)) return {spec_integer(value, 0, most)};
  if (items.size() != 2) throw wrong_type(value, expects());
  const auto rows = pair_of(items[0]), columns = pair_of(items[1]);
  return {rows[0], rows[1], columns[0], columns[1]};
}

SpecValue SpecConvert<Border>::to(const Border& b) {
  const auto pair = [](std::int64_t x, std::int64_t y) { return SpecValue::of(std::vector{SpecValue::of(x), SpecValue::of(y)}); };
  return SpecValue::of(std::vector{pair(b.top, b.bottom), pair(b.left, b.right)});
}

Value emit_border(Planner& p, const std::string& layer, Value x, const Shape& in, const Border& border) {
  const Place2dSpec spec{.batch = p.batch(),
                         .height = in[0],
                         .width = in[1],
                         .channels = in[2],
                         .out_height = in[0] + border.top + border.bottom,
                         .out_width = in[1] + border.left + border.right,
                         .top = -border.top,
                         .left = -border.left,
                         .dtype = p.dtype(x)};
  const auto emit = [&p, layer](const char* what, const Place2dSpec& place, Value from, Value to) {
    auto op = p.prepare(place);
    p.add({.name = what, .layer = layer, .reads = {from}, .writes = {to}, .run = [op, from, to](const Binding& v, View, Stream& s) {
             op->run(v[from], v[to], s);
           }});
  };
  const Value y = p.tensor(layer, p.batch() * spec.out_height * spec.out_width * in[2], p.dtype(x));
  emit("border", spec, x, y);
  p.require_gradient(y, p.requires_gradient(x));
  p.on_backward([&p, x, y, spec, emit] {
    if (!p.has_gradient(y)) return;
    p.contribute(x, [&](Value dx) {
      emit("border backward",
           {.batch = spec.batch,
            .height = spec.out_height,
            .width = spec.out_width,
            .channels = spec.channels,
            .out_height = spec.height,
            .out_width = spec.width,
            .top = -spec.top,
            .left = -spec.left,
            .dtype = spec.dtype},
           p.gradient(y), dx);
    });
  });
  return y;
}

namespace {

class BorderLayer final : public Layer {
 public:
  explicit BorderLayer(Border border) : border_(border) {}
  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    const std::int64_t height = in[0][0] + border_.top + border_.bottom, width = in[0][1] + border_.left + border_.right;
    if (height < 1 || width < 1)
      throw Error({.category = Category::usage,
                   .what = "cropping leaves nothing of the image",
                   .expected = "less than its size",
                   .got = in[0].text()});
    return {height, width, in[0][2]};
  }
  Value emit(Emission& e) const override { return emit_border(e.plan, e.name, e.x[0], e.shapes[0], border_); }

 private:
  Border border_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const ZeroPadding2D& spec) { return std::make_unique<BorderLayer>(spec.padding); }
std::unique_ptr<Layer> make_layer(const Cropping2D& spec) {
  const auto& c = spec.cropping;
  return std::make_unique<BorderLayer>(Border(-c.top, -c.bottom, -c.left, -c.right));
}

}  // namespace lehr
