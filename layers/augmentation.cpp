#include "layers/augmentation.h"

#include <algorithm>

#include "layers/window.h"

namespace lehr {

Factor SpecConvert<Factor>::from(const SpecValue& value) {
  if (!value.is(SpecKind::list)) {
    if (!value.is(SpecKind::number)) throw wrong_type(value, expects());
    return {spec_number(value)};
  }
  if (value.items.size() != 2) throw wrong_type(value, expects());
  return {spec_number(value.items[0]), spec_number(value.items[1])};
}

SpecValue SpecConvert<Factor>::to(const Factor& factor) {
  if (factor.lower == -factor.upper) return SpecValue::of(factor.upper);
  return SpecValue::of(std::vector{SpecValue::of(factor.lower), SpecValue::of(factor.upper)});
}

namespace {

void check_factor(const char* field, const Factor& factor, double lowest, double highest) {
  if (factor.lower >= lowest && factor.upper <= highest) return;
  throw Error({.category = Category::usage,
               .what = std::string(field) + " is out of range",
               .expected = SpecValue::of(lowest).print() + " to " + SpecValue::of(highest).print(),
               .got = SpecConvert<Factor>::to(factor).print()});
}

void check_range(const std::array<double, 2>& range) {
  if (range[0] < range[1]) return;
  throw Error({.category = Category::usage,
               .what = "value_range is empty",
               .expected = "[lower, upper], as [0, 255] or [0, 1]",
               .got = SpecConvert<std::array<double, 2>>::to(range).print()});
}

/// Streams 1, 2, ... belong to layers in order of emission, 0x10000 and up to initial values.
constexpr std::uint32_t own_seed_stream = 0x8000;

class AugmentationLayer final : public Layer {
 public:
  AugmentationLayer(AugmentSpec spec, std::optional<std::uint32_t> seed) : spec_(spec), seed_(seed) {}
  bool augments() const override { return true; }

  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    return crops() ? Shape{spec_.out_height, spec_.out_width, in[0].back()} : in[0];
  }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Value x = e.x[0];
    const std::uint32_t stream = p.next_stream();  // taken in every mode, so that the streams of later layers do not depend on it
    if (!p.training() && !crops()) return x;
    if (p.requires_gradient(x))
      throw Error({.category = Category::usage,
                   .where = e.name,
                   .what = "augmentation has no gradient",
                   .expected = "augmentation before the first layer with weights",
                   .got = "an input that trains",
                   .hint = "Put it at the beginning of the model, or use --augment."});
    AugmentSpec spec = spec_;
    spec.batch = e.batch();
    spec.height = e.shapes[0][0];
    spec.width = e.shapes[0][1];
    spec.channels = e.shapes[0][2];
    spec.training = p.training();
    spec.key = seed_ ? RandomKey{.seed = *seed_, .stream = own_seed_stream} : RandomKey{.seed = p.options().seed, .stream = stream};
    spec.from = p.dtype(x);
    spec.to = p.compute_type();
    auto op = p.prepare(spec);
    const Value y = e.make_output();
    p.add({.name = "augment",
           .layer = e.name,
           .reads = {x},
           .writes = {y},
           .run = [op, counters = p.state().counters(), x, y](const Binding& v, View, Stream& s) { op->run(v[x], counters, v[y], s); }});
    return y;
  }

 private:
  bool crops() const { return spec_.kind == AugmentKind::crop; }
  AugmentSpec spec_;
  std::optional<std::uint32_t> seed_;
};

template <class Spec>
AugmentSpec mapped(AugmentKind kind, const Spec& s, const Factor& factor) {
  return {.kind = kind,
          .lower = static_cast<float>(factor.lower),
          .upper = static_cast<float>(factor.upper),
          .fill_mode = s.fill_mode,
          .fill_value = static_cast<float>(s.fill_value),
          .bilinear = s.interpolation == Interpolation::bilinear,
          .key = {}};
}

AugmentSpec intensity(AugmentKind kind, double lower, double upper, const std::array<double, 2>& range) {
  check_range(range);
  return {.kind = kind,
          .lower = static_cast<float>(lower),
          .upper = static_cast<float>(upper),
          .range_low = static_cast<float>(range[0]),
          .range_high = static_cast<float>(range[1]),
          .key = {}};
}

}  // namespace

std::unique_ptr<Layer> make_layer(const RandomFlip& s) {
  return std::make_unique<AugmentationLayer>(AugmentSpec{.kind = AugmentKind::flip, .flip = s.mode, .key = {}}, s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomRotation& s) {
  check_factor("factor", s.factor, -1, 1);
  return std::make_unique<AugmentationLayer>(mapped(AugmentKind::rotation, s, s.factor), s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomTranslation& s) {
  check_factor("height_factor", s.height_factor, -1, 1);
  check_factor("width_factor", s.width_factor, -1, 1);
  AugmentSpec spec = mapped(AugmentKind::translation, s, s.height_factor);
  spec.width_lower = static_cast<float>(s.width_factor.value().lower);
  spec.width_upper = static_cast<float>(s.width_factor.value().upper);
  return std::make_unique<AugmentationLayer>(spec, s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomZoom& s) {
  const Factor width = s.width_factor.value_or(s.height_factor.value());
  check_factor("height_factor", s.height_factor, -1, 1);
  check_factor("width_factor", width, -1, 1);
  AugmentSpec spec = mapped(AugmentKind::zoom, s, s.height_factor);
  spec.same_zoom = !s.width_factor;
  spec.width_lower = static_cast<float>(width.lower);
  spec.width_upper = static_cast<float>(width.upper);
  return std::make_unique<AugmentationLayer>(spec, s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomContrast& s) {
  const Factor& f = s.factor;
  const double lower = std::max(f.lower, 0.0);  // Keras clips a single factor's lower limit at 0
  check_factor("factor", f, -1, 1);
  return std::make_unique<AugmentationLayer>(intensity(AugmentKind::contrast, 1 - lower, 1 + f.upper, s.value_range), s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomBrightness& s) {
  check_factor("factor", s.factor, -1, 1);
  return std::make_unique<AugmentationLayer>(
      intensity(AugmentKind::brightness, s.factor.value().lower, s.factor.value().upper, s.value_range), s.seed);
}

std::unique_ptr<Layer> make_layer(const RandomCrop& s) {
  if (std::min<int>(s.height, s.width) < 1)
    throw Error({.category = Category::usage,
                 .what = "height and width must be positive",
                 .expected = "1 or more",
                 .got = std::to_string(s.height) + " x " + std::to_string(s.width)});
  return std::make_unique<AugmentationLayer>(
      AugmentSpec{.kind = AugmentKind::crop, .out_height = s.height, .out_width = s.width, .key = {}}, s.seed);
}

}  // namespace lehr
