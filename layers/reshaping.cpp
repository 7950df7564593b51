#include "layers/reshaping.h"

namespace lehr {

namespace {

class RenamingLayer final : public Layer {
 public:
  explicit RenamingLayer(bool flat) : flat_(flat) {}
  Shape output_shape(std::span<const Shape> in) const override { return flat_ ? Shape{in[0].elements()} : in[0]; }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0], y = p.alias(x, e.name);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y] {
      if (p.has_gradient(y)) p.pass_gradient(x, p.gradient(y));
    });
    return y;
  }

 private:
  bool flat_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Flatten&) { return std::make_unique<RenamingLayer>(true); }
std::unique_ptr<Layer> make_layer(const Identity&) { return std::make_unique<RenamingLayer>(false); }

}  // namespace lehr
