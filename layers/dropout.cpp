#include "layers/dropout.h"

#include "kernels/dropout.h"

namespace lehr {

namespace {

class DropoutLayer final : public Layer {
 public:
  explicit DropoutLayer(double rate) : rate_(rate) {
    if (!(rate >= 0 && rate <= 1))
      throw Error({.category = Category::usage, .what = "rate must be a share", .expected = "0 to 1", .got = std::to_string(rate)});
  }
  Shape output_shape(std::span<const Shape> in) const override { return in[0]; }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0];
    const std::uint32_t stream = p.next_stream();  // taken in every mode, so that the streams of later layers do not depend on it
    if (!p.training() || rate_ == 0) return x;
    const Value y = e.make_output();
    const StepCounters* counters = p.state().counters();
    const auto emit = [&p, counters, stream, rate = rate_, name = e.name](const char* what, Value from, Value to) {
      auto op = p.prepare(DropoutSpec{.count = p.count(from),
                                      .rate = static_cast<float>(rate),
                                      .key = {.seed = p.options().seed, .stream = stream},
                                      .dtype = p.dtype(from)});
      p.add({.name = what,
             .layer = name,
             .reads = {from},
             .writes = {to},
             .run = [op, counters, from, to](const Binding& v, View, Stream& s) { op->run(v[from], counters, v[to], s); }});
    };
    emit("dropout", x, y);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, emit] {
      if (p.has_gradient(y)) p.contribute(x, [&](Value dx) { emit("dropout backward", p.gradient(y), dx); });
    });
    return y;
  }

 private:
  double rate_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Dropout& spec) { return std::make_unique<DropoutLayer>(spec.rate); }

}  // namespace lehr
