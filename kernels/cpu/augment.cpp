#include "kernels/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

float draw(const AugmentSpec& s, std::int64_t step, std::int64_t image, int number) {
  return uniform01(random_word(s.key, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(4 * image + number)));
}
float between(float low, float high, float u) { return low + (high - low) * u; }

/// Output (x, y) comes from input (a0 x + a1 y + a2, b0 x + b1 y + b2).
struct Mapping {
  float a0 = 1, a1 = 0, a2 = 0, b0 = 0, b1 = 1, b2 = 0;
};

Mapping flip_of(const AugmentSpec& s, float u) {
  Mapping m;
  if (u > 0.5F) return m;
  if (s.flip != FlipMode::vertical) m.a0 = -1, m.a2 = static_cast<float>(s.width - 1);
  if (s.flip != FlipMode::horizontal) m.b1 = -1, m.b2 = static_cast<float>(s.height - 1);
  return m;
}

Mapping rotation_of(const AugmentSpec& s, float u) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(between(s.lower, s.upper, u));
  const double c = std::cos(angle), d = std::sin(angle);
  const double cx = static_cast<double>(s.width - 1) / 2, cy = static_cast<double>(s.height - 1) / 2;
  const auto f = [](double v) { return static_cast<float>(v); };
  return {f(c), f(-d), f(cx - cx * c + cy * d), f(d), f(c), f(cy - cx * d - cy * c)};
}

Mapping mapping_of(const AugmentSpec& s, std::int64_t step, std::int64_t image) {
  const float u = draw(s, step, image, 0), v = draw(s, step, image, 1);
  const auto h = static_cast<float>(s.height), w = static_cast<float>(s.width);
  switch (s.kind) {
    case AugmentKind::flip:
      return flip_of(s, u);
    case AugmentKind::rotation:
      return rotation_of(s, u);
    case AugmentKind::translation:
      return {.a2 = -w * between(s.width_lower, s.width_upper, v), .b2 = -h * between(s.lower, s.upper, u)};
    default: {
      const float zh = 1 + between(s.lower, s.upper, u), zw = s.same_zoom ? zh : 1 + between(s.width_lower, s.width_upper, v);
      return {.a0 = zw, .a2 = 0.5F * (w - 1) * (1 - zw), .b1 = zh, .b2 = 0.5F * (h - 1) * (1 - zh)};
    }
  }
}

/// Where pixel i of an axis of n is read from; -1: the fill value.
std::int64_t place(std::int64_t i, std::int64_t n, FillMode mode) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case FillMode::constant:
      return -1;
    case FillMode::nearest:
      return i < 0 ? 0 : n - 1;
    case FillMode::wrap:
      return ((i % n) + n) % n;
    default: {
      const std::int64_t folded = ((i % (2 * n)) + 2 * n) % (2 * n);
      return folded < n ? folded : 2 * n - 1 - folded;
    }
  }
}

/// Far outside, coordinates no longer fit an integer; an augmentation that strong shows nothing but the border anyway.
std::int64_t floor_of(float v) { return static_cast<std::int64_t>(std::floor(std::clamp(v, -1e9F, 1e9F))); }

template <class From>
struct Image {
  const From* pixels;
  const AugmentSpec& spec;
  const From* at(std::int64_t x, std::int64_t y) const {
    const std::int64_t column = place(x, spec.width, spec.fill_mode), row = place(y, spec.height, spec.fill_mode);
    return column < 0 || row < 0 ? nullptr : pixels + (row * spec.width + column) * spec.channels;
  }
  float value(const From* pixel, std::int64_t c) const { return pixel == nullptr ? spec.fill_value : load(pixel, c); }
};

template <class From, class To>
void nearest_row(const Image<From>& image, const Mapping& m, std::int64_t y, To* out) {
  const auto row = static_cast<float>(y);
  const std::int64_t channels = image.spec.channels;
  for (std::int64_t x = 0; x < image.spec.width; ++x, out += channels) {
    const auto column = static_cast<float>(x);
    const From* pixel = image.at(floor_of(m.a0 * column + m.a1 * row + m.a2 + 0.5F), floor_of(m.b0 * column + m.b1 * row + m.b2 + 0.5F));
    for (std::int64_t c = 0; c < channels; ++c) store(out, c, image.value(pixel, c));
  }
}

template <class From, class To>
void bilinear_row(const Image<From>& image, const Mapping& m, std::int64_t y, To* out) {
  const auto row = static_cast<float>(y);
  const std::int64_t channels = image.spec.channels;
  for (std::int64_t x = 0; x < image.spec.width; ++x, out += channels) {
    const auto column = static_cast<float>(x);
    const float sx = m.a0 * column + m.a1 * row + m.a2, sy = m.b0 * column + m.b1 * row + m.b2;
    const std::int64_t left = floor_of(sx), top = floor_of(sy);
    const float right_part = sx - static_cast<float>(left), low_part = sy - static_cast<float>(top);
    const From *a = image.at(left, top), *b = image.at(left + 1, top), *d = image.at(left, top + 1), *e = image.at(left + 1, top + 1);
    for (std::int64_t c = 0; c < channels; ++c) {
      const float above = image.value(a, c) * (1 - right_part) + image.value(b, c) * right_part;
      const float below = image.value(d, c) * (1 - right_part) + image.value(e, c) * right_part;
      store(out, c, above * (1 - low_part) + below * low_part);
    }
  }
}

/// y = clip(x*scale + shift[c]) of a run of whole pixels.
template <class From, class To>
LEHR_SIMD void adjust(const From* x, To* y, std::int64_t pixels, std::int64_t channels, float scale, const float* shift, float low,
                      float high) {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float v = load(x + p * channels, c) * scale + shift[c];
      store(y + p * channels, c, v < low ? low : (v > high ? high : v));
    }
}

template <class From, class To>
LEHR_SIMD void convert(const From* x, To* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, load(x, i));
}

template <class From, class To>
class CpuAugment final : public Augment {
 public:
  CpuAugment(const Cpu& cpu, const AugmentSpec& spec) : cpu_(cpu), s_(spec), shift_(static_cast<std::size_t>(spec.batch * spec.channels)) {}

  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const std::int64_t step = counters == nullptr ? 0 : counters->step;
    if (s_.kind == AugmentKind::crop)
      crop(x.as<From>(), step, y.as<To>());
    else if (!s_.training)
      for_chunks(cpu_, s_.batch * image_size(), element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        convert(x.as<From>() + begin, y.as<To>() + begin, end - begin);
      });
    else if (s_.kind == AugmentKind::contrast || s_.kind == AugmentKind::brightness)
      intensity(x.as<From>(), step, y.as<To>());
    else
      resample(x.as<From>(), step, y.as<To>());
  }

 private:
  std::int64_t image_size() const { return s_.height * s_.width * s_.channels; }

  void resample(const From* x, std::int64_t step, To* y) const {
    const bool exact = !s_.bilinear || s_.kind == AugmentKind::flip;  // a flip meets pixels only
    for_chunks(cpu_, s_.batch * s_.height, row_chunk(16 * s_.width * s_.channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t n = row / s_.height;
        const Image<From> image{x + n * image_size(), s_};
        const Mapping m = mapping_of(s_, step, n);
        To* out = y + row * s_.width * s_.channels;
        if (exact)
          nearest_row(image, m, row % s_.height, out);
        else
          bilinear_row(image, m, row % s_.height, out);
      }
    });
  }

  void intensity(const From* x, std::int64_t step, To* y) {
    for_chunks(cpu_, s_.batch, row_chunk(image_size()), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const float f = between(s_.lower, s_.upper, draw(s_, step, n, 0));
        const From* image = x + n * image_size();
        float* shift = shift_.data() + n * s_.channels;
        const bool contrast = s_.kind == AugmentKind::contrast;
        for (std::int64_t c = 0; c < s_.channels; ++c)
          shift[c] = contrast ? mean_of(image, c) * (1 - f) : f * (s_.range_high - s_.range_low);
        adjust(image, y + n * image_size(), s_.height * s_.width, s_.channels, contrast ? f : 1.0F, shift, s_.range_low, s_.range_high);
      }
    });
  }
  float mean_of(const From* image, std::int64_t channel) const {
    double sum = 0;
    for (std::int64_t p = 0; p < s_.height * s_.width; ++p) sum += static_cast<double>(load(image, p * s_.channels + channel));
    return static_cast<float>(sum / static_cast<double>(s_.height * s_.width));
  }

  void crop(const From* x, std::int64_t step, To* y) const {
    const std::int64_t free_h = s_.height - s_.out_height, free_w = s_.width - s_.out_width, length = s_.out_width * s_.channels;
    if (!s_.training || free_h <= 0 || free_w <= 0) return crop_centre(x, y);
    const std::int64_t top = start(free_h, draw(s_, step, 0, 0)), left = start(free_w, draw(s_, step, 0, 1));
    for_chunks(cpu_, s_.batch * s_.out_height, row_chunk(length), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t n = row / s_.out_height;
        const From* from = x + n * image_size() + ((top + row % s_.out_height) * s_.width + left) * s_.channels;
        convert(from, y + row * length, length);
      }
    });
  }
  static std::int64_t start(std::int64_t free, float u) {
    return std::min(free, static_cast<std::int64_t>(u * static_cast<float>(free + 1)));
  }

  // Pixel i of the output lies at (i + 1/2)*window/output - 1/2 of the window, whose edge goes on outside.
  void crop_centre(const From* x, To* y) const {
    const std::int64_t window_h = std::clamp<std::int64_t>(s_.width * s_.out_height / s_.out_width, 1, s_.height);
    const std::int64_t window_w = std::clamp<std::int64_t>(s_.height * s_.out_width / s_.out_height, 1, s_.width);
    const From* corner = x + ((s_.height - window_h) / 2 * s_.width + (s_.width - window_w) / 2) * s_.channels;
    for_chunks(cpu_, s_.batch * s_.out_height, row_chunk(4 * s_.out_width * s_.channels),
               [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const Between v = between_pixels(row % s_.out_height, s_.out_height, window_h);
                   const From* image = corner + row / s_.out_height * image_size();
                   To* out = y + row * s_.out_width * s_.channels;
                   for (std::int64_t i = 0; i < s_.out_width; ++i) {
                     const Between h = between_pixels(i, s_.out_width, window_w);
                     for (std::int64_t c = 0; c < s_.channels; ++c) {
                       const auto at = [&](std::int64_t r, std::int64_t k) { return load(image, (r * s_.width + k) * s_.channels + c); };
                       const float above = at(v.low, h.low) + (at(v.low, h.high) - at(v.low, h.low)) * h.part;
                       const float below = at(v.high, h.low) + (at(v.high, h.high) - at(v.high, h.low)) * h.part;
                       store(out, i * s_.channels + c, above + (below - above) * v.part);
                     }
                   }
                 }
               });
  }
  struct Between {
    std::int64_t low, high;
    float part;
  };
  static Between between_pixels(std::int64_t i, std::int64_t outputs, std::int64_t window) {
    const float scale = static_cast<float>(window) / static_cast<float>(outputs);
    const float at = (static_cast<float>(i) + 0.5F) * scale - 0.5F, low = std::floor(at);
    const auto first = static_cast<std::int64_t>(low);
    return {.low = std::clamp<std::int64_t>(first, 0, window - 1),
            .high = std::clamp<std::int64_t>(first + 1, 0, window - 1),
            .part = at - low};
  }

  const Cpu& cpu_;
  AugmentSpec s_;
  std::vector<float> shift_;  // [image][channel]
};

}  // namespace

std::unique_ptr<Augment> make_on(Cpu& cpu, const AugmentSpec& spec) {
  verify(spec);
  return with_float("augmentation", spec.to, [&]<class To>(To) -> std::unique_ptr<Augment> {
    if (spec.from == DType::u8) return std::make_unique<CpuAugment<std::uint8_t, To>>(cpu, spec);
    return with_float("augmentation", spec.from,
                      [&]<class From>(From) -> std::unique_ptr<Augment> { return std::make_unique<CpuAugment<From, To>>(cpu, spec); });
  });
}

}  // namespace lehr
