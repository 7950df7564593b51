#include "layers/dropout.h"

#include "kernels/dropout.h"
#include "layers/noise.h"

namespace lehr {

namespace {

class DropoutLayer final : public Layer {
 public:
  DropoutLayer(double rate, std::optional<std::uint32_t> seed) : rate_(rate), seed_(seed) {
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
    const RandomKey key{.seed = seed_ ? *seed_ : p.options().seed, .stream = seed_ ? 0 : stream};
    const auto emit = [&p, counters, key, rate = rate_, name = e.name](const char* what, Value from, Value to) {
      auto op = p.prepare(DropoutSpec{.count = p.count(from), .rate = static_cast<float>(rate), .key = key, .dtype = p.dtype(from)});
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
  std::optional<std::uint32_t> seed_;
};

/// Which of sample, pixels and channel a noise_shape draws apart. The rank decides, so this waits for the input's shape.
class NoiseShapeLayer final : public Layer {
 public:
  explicit NoiseShapeLayer(Dropout spec) : spec_(std::move(spec)) { make_shared_dropout({.rate = spec_.rate}); }
  Shape output_shape(std::span<const Shape> in) const override { return masked(in[0])->output_shape(in); }
  Value emit(Emission& e) const override { return masked(e.shapes[0])->emit(e); }

 private:
  std::unique_ptr<Layer> masked(const Shape& in) const {
    const auto& noise = *spec_.noise_shape;
    bool fits = noise.size() == in.rank() + 1 && in.rank() > 0;
    SharedMask mask{.rate = spec_.rate, .seed = spec_.seed};
    const auto apart = [&](std::size_t axis, std::int64_t extent) {
      if (!noise[axis] || *noise[axis] == extent) return true;
      fits = fits && *noise[axis] == 1;
      return false;
    };
    if (fits) {
      mask.per_sample = !noise[0] || *noise[0] != 1;
      mask.per_channel = apart(in.rank(), in.back());
      for (std::size_t axis = 1; axis < in.rank(); ++axis) {
        const bool pixel = in[axis - 1] > 1 ? apart(axis, in[axis - 1]) : mask.per_pixel;
        fits = fits && (axis == 1 || pixel == mask.per_pixel);
        mask.per_pixel = pixel;
      }
    }
    if (!fits)
      throw Error({.category = Category::usage,
                   .what = "noise_shape does not fit the input",
                   .expected = "none, 1 or the extent for each axis of (batch, ...) " + in.text() + ", the pixels' all alike",
                   .got = SpecConvert<decltype(spec_.noise_shape)>::to(spec_.noise_shape).print()});
    return make_shared_dropout(mask);
  }
  Dropout spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Dropout& spec) {
  if (spec.noise_shape) return std::make_unique<NoiseShapeLayer>(spec);
  return std::make_unique<DropoutLayer>(spec.rate, spec.seed);
}

}  // namespace lehr
