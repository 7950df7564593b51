#include "layers/operation.h"

#include "layers/broadcasting.h"
#include "layers/emit_scale.h"

namespace lehr {

namespace {

class OperationLayer final : public Layer {
 public:
  explicit OperationLayer(Operation spec) : spec_(std::move(spec)) {
    if (spec_.constant && !linear(spec_))
      throw Error({.category = Category::usage,
                   .what = "this operation takes no number there",
                   .expected = "add, subtract, multiply or divide, and a number behind divide",
                   .got = SpecConvert<BinaryFunction>::to(spec_.function).print()});
  }
  std::size_t max_inputs() const override { return spec_.constant ? 1 : 2; }
  Shape output_shape(std::span<const Shape> in) const override {
    if (spec_.constant) return in[0];
    if (in.size() != 2)
      throw Error({.category = Category::usage, .what = "wrong number of inputs", .expected = "2", .got = std::to_string(in.size())});
    return broadcast_shape(in[0], in[1]);
  }
  // With a number everything here is x*scale + offset.
  Value emit(Emission& e) const override {
    if (!spec_.constant) return emit_broadcast(e, spec_.function, e.x[0], e.shapes[0], e.x[1], e.shapes[1]);
    const auto number = static_cast<float>(*spec_.constant);
    switch (spec_.function.value()) {
      case BinaryFunction::add:
        return emit_scale(e.plan, e.name, e.x[0], 1, {1}, {number});
      case BinaryFunction::subtract:
        return spec_.constant_first ? emit_scale(e.plan, e.name, e.x[0], 1, {-1}, {number})
                                    : emit_scale(e.plan, e.name, e.x[0], 1, {1}, {-number});
      case BinaryFunction::multiply:
        return emit_scale(e.plan, e.name, e.x[0], 1, {number});
      default:
        return emit_scale(e.plan, e.name, e.x[0], 1, {static_cast<float>(1 / *spec_.constant)});
    }
  }

 private:
  static bool linear(const Operation& s) {
    const BinaryFunction f = s.function;
    return f == BinaryFunction::add || f == BinaryFunction::subtract || f == BinaryFunction::multiply ||
           (f == BinaryFunction::divide && !s.constant_first);
  }
  Operation spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Operation& spec) { return std::make_unique<OperationLayer>(spec); }

}  // namespace lehr
