#include "layers/noise.h"

#include <cmath>

#include "kernels/noise.h"
#include "layers/window.h"

namespace lehr {

namespace {

RandomKey key_of(Planner& p, std::optional<std::uint32_t> seed) {
  const std::uint32_t stream = p.next_stream();  // taken in every mode, so that the streams of later layers do not depend on it
  return {.seed = seed ? *seed : p.options().seed, .stream = seed ? 0 : stream};
}

class GaussianLayer final : public Layer {
 public:
  GaussianLayer(double stddev, bool multiply, std::optional<std::uint32_t> seed) : stddev_(stddev), multiply_(multiply), seed_(seed) {}
  Shape output_shape(std::span<const Shape> in) const override { return in[0]; }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0];
    const RandomKey key = key_of(p, seed_);
    if (!p.training() || stddev_ == 0) return x;
    const Value y = e.make_output();
    const auto emit = [&p, key, stddev = stddev_, multiply = multiply_, counters = p.state().counters(), name = e.name](
                          const char* what, Value from, Value to) {
      auto op = p.prepare(GaussianSpec{
          .count = p.count(from), .stddev = static_cast<float>(stddev), .multiply = multiply, .key = key, .dtype = p.dtype(from)});
      p.add({.name = what,
             .layer = name,
             .reads = {from},
             .writes = {to},
             .run = [op, counters, from, to](const Binding& v, View, Stream& s) { op->run(v[from], counters, v[to], s); }});
    };
    emit("gaussian noise", x, y);
    p.require_gradient(y, p.requires_gradient(x));
    p.on_backward([&p, x, y, emit, multiply = multiply_] {
      if (!p.has_gradient(y)) return;
      if (multiply)
        p.contribute(x, [&](Value dx) { emit("gaussian noise backward", p.gradient(y), dx); });
      else
        p.pass_gradient(x, p.gradient(y));
    });
    return y;
  }

 private:
  double stddev_;
  bool multiply_;
  std::optional<std::uint32_t> seed_;
};

void check_rate(double rate, double most) {
  if (!(rate >= 0 && rate <= most))
    throw Error({.category = Category::usage,
                 .what = "rate must be a share",
                 .expected = most == 1 ? "0 to 1" : "0 to less than 1",
                 .got = std::to_string(rate)});
}

class SharedDropoutLayer final : public Layer {
 public:
  SharedDropoutLayer(SharedMask mask, bool images) : mask_(mask), images_(images) { check_rate(mask.rate, 1); }
  Shape output_shape(std::span<const Shape> in) const override {
    if (images_) check_image(in[0]);
    return in[0];
  }
  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0];
    const RandomKey key = key_of(p, mask_.seed);
    if (!p.training() || mask_.rate == 0) return x;
    const Value y = e.make_output();
    const std::int64_t channels = e.output.rank() == 0 ? 1 : e.output.back();
    const auto emit = [&p, key, mask = mask_, channels, elements = e.output.elements(), counters = p.state().counters(), name = e.name](
                          const char* what, Value from, Value to) {
      auto op = p.prepare(SharedDropoutSpec{.batch = p.batch(),
                                            .pixels = elements / channels,
                                            .channels = channels,
                                            .per_sample = mask.per_sample,
                                            .per_pixel = mask.per_pixel,
                                            .per_channel = mask.per_channel,
                                            .rate = static_cast<float>(mask.rate),
                                            .key = key,
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
  SharedMask mask_;
  bool images_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const GaussianNoise& s) {
  if (!(s.stddev >= 0))
    throw Error(
        {.category = Category::usage, .what = "stddev cannot be negative", .expected = "0 or more", .got = std::to_string(s.stddev)});
  return std::make_unique<GaussianLayer>(s.stddev, false, s.seed);
}
std::unique_ptr<Layer> make_layer(const GaussianDropout& s) {
  check_rate(s.rate, std::nextafter(1.0, 0.0));
  return std::make_unique<GaussianLayer>(std::sqrt(s.rate / (1 - s.rate)), true, s.seed);
}
std::unique_ptr<Layer> make_layer(const SpatialDropout2D& s) {
  return std::make_unique<SharedDropoutLayer>(SharedMask{.rate = s.rate, .per_channel = true, .seed = s.seed}, true);
}
std::unique_ptr<Layer> make_layer(const StochasticDepth& s) {
  return std::make_unique<SharedDropoutLayer>(SharedMask{.rate = s.drop_path_rate}, false);
}
std::unique_ptr<Layer> make_shared_dropout(SharedMask mask) { return std::make_unique<SharedDropoutLayer>(mask, false); }

}  // namespace lehr
