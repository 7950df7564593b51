#include "layers/rescaling.h"

#include "kernels/elementwise.h"

namespace lehr {

namespace {

class RescalingLayer final : public Layer {
 public:
  RescalingLayer(double scale, double offset) : scale_(static_cast<float>(scale)), offset_(static_cast<float>(offset)) {}
  Shape output_shape(std::span<const Shape> in) const override { return in[0]; }
  bool takes_raw_range() const override { return true; }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0], y = e.make_output();
    const auto emit = [&p, scale = scale_, name = e.name](const char* what, float offset, Value from, Value to) {
      ScaleOffsetSpec spec{.rows = p.count(from), .channels = 1, .scale = {scale}, .offset = {}, .dtype = p.dtype(from)};
      if (offset != 0) spec.offset = {offset};
      auto op = p.prepare(spec);
      p.add({.name = what, .layer = name, .reads = {from}, .writes = {to}, .run = [op, from, to](const Binding& v, View, Stream& s) {
               op->run(v[from], v[to], s);
             }});
    };
    emit("rescaling", offset_, x, y);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, emit] {
      if (p.has_gradient(y)) p.contribute(x, [&](Value dx) { emit("rescaling backward", 0, p.gradient(y), dx); });
    });
    return y;
  }

 private:
  float scale_, offset_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Rescaling& spec) { return std::make_unique<RescalingLayer>(spec.scale, spec.offset); }

}  // namespace lehr
