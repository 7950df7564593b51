#include "engine/data/face_draw.h"

#include "engine/data/face_canvas.h"

namespace lehr {

namespace {

Rgb scaled(Rgb c, float by) { return {c.r * by, c.g * by, c.b * by}; }
Rgb between(Rgb a, Rgb b, float t) { return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t}; }

/// The outline: a superellipse that narrows towards the chin.
float face_distance(const Person& p, float x, float y, float grown = 0) {
  const float width = p.width * (1 - p.chin * std::max(y, 0.0F)) + grown;
  const float u = std::abs(x) / width, v = std::abs(y) / (1 + grown);
  const float power = y > 0 ? p.jaw : 2;
  return (std::pow(std::pow(u, power) + std::pow(v, power), 1 / power) - 1) * width;
}

void draw_background(FaceCanvas& canvas, const Scene& s) {
  const auto n = static_cast<float>(canvas.size());
  std::size_t i = 0;
  for (int row = 0; row < canvas.size(); ++row)
    for (int column = 0; column < canvas.size(); ++column) {
      const float x = static_cast<float>(column) / n, y = static_cast<float>(row) / n;
      float wave = 0;
      for (int k = 0; k < 2; ++k) wave += std::sin(s.wave_x[k] * x + s.wave_y[k] * y + s.wave_phase[k]);
      const float t = std::clamp(0.5F + 0.5F * std::sin(s.wave_phase[0] + 2 * x + 3 * y * s.wave_x[0] / 7), 0.0F, 1.0F);
      Rgb color = between(s.background, s.background_2, t);
      const float add = wave * s.wave_height * 0.5F;
      canvas.pixels()[i++] = {color.r + add, color.g + add, color.b + add};
    }
}

/// Strands: a wave of this person's length and direction, which starts anywhere.
auto strands(const Person& p, const Scene& s) {
  return [&p, phase = s.strand_phase](float x, float y) { return 1 + p.strand_height * std::sin(p.strand_x * x + p.strand_y * y + phase); };
}

auto ellipse_distance(float x0, float y0, float rx, float ry) {
  return [=](float x, float y) {
    const float u = (x - x0) / rx, v = (y - y0) / ry;
    return (std::sqrt(u * u + v * v) - 1) * std::min(rx, ry);
  };
}

void draw_body(FaceCanvas& canvas, const Person& p, const Scene& s) {
  canvas.paint_textured({-1.6F, 1, 1.6F, 3}, s.clothes, 1, ellipse_distance(0, 2.05F, 1.5F, 1.0F),
                        [&](float x, float y) { return 1 + p.weave_height * std::sin(p.weave_x * x + p.weave_y * y + s.weave_phase); });
  canvas.box(0, 1.0F, p.width * 0.45F, 0.26F, scaled(p.skin, 0.82F));
}

void draw_hair_behind(FaceCanvas& canvas, const Person& p, const Scene& s) {
  const float v = p.hair_volume;
  const auto lock = [&](float x, float y, float rx, float ry) {
    canvas.paint_textured({x - rx, y - ry, x + rx, y + ry}, p.hair_color, 1, ellipse_distance(x, y, rx, ry), strands(p, s));
  };
  if (p.hair == Person::Hair::long_hair) {
    lock(0, 0.25F, p.width + 0.12F + v, 1.3F + v * 0.5F);
  } else if (p.hair == Person::Hair::bob) {
    const float width = p.width + 0.1F + v * 0.7F;
    canvas.paint_textured(
        {-width, -0.6F, width, 0.7F}, p.hair_color, 1,
        [&](float x, float y) { return std::max(std::abs(x) - width, std::abs(y - 0.05F) - 0.62F); }, strands(p, s));
    lock(0, -0.4F, width, 0.75F);
  } else if (p.hair == Person::Hair::curls) {
    for (int i = 0; i < 9; ++i) {
      const float angle = 3.1416F * (1.0F + static_cast<float>(i) / 8);
      lock(std::cos(angle) * (p.width + 0.05F), std::sin(angle) * 0.9F - 0.1F, 0.26F + v, 0.26F + v);
    }
  }
}

/// The cap of hair: inside the grown outline and above the hairline, whose shape is the style.
void draw_hair_front(FaceCanvas& canvas, const Person& p, const Scene& s) {
  if (p.hair == Person::Hair::bald) return;
  const float grown = p.hair == Person::Hair::cropped ? 0.04F : 0.06F + p.hair_volume * 0.6F;
  const float reach = p.width + grown + 0.1F;
  const auto distance = [&](float x, float y) {
    float line = p.hairline + 0.35F * x * x / (p.width * p.width);
    if (p.hair == Person::Hair::fringe) line = p.hairline + 0.24F + 0.05F * std::sin(12 * x);
    if (p.hair == Person::Hair::parted) line = p.hairline + 0.35F * std::abs(x - p.part);
    if (p.hair == Person::Hair::bob) line = p.hairline + 0.18F + 1.2F * std::max(std::abs(x) - p.width * 0.78F, 0.0F);
    if (p.hair == Person::Hair::long_hair) line = p.hairline + 0.8F * x * x;
    return std::max(face_distance(p, x, y, grown), y - line);
  };
  canvas.paint_textured({-reach, -1.4F, reach, 0.2F}, p.hair_color, 1, distance, strands(p, s));
}

void draw_beard(FaceCanvas& canvas, const Person& p, float mouth_x) {
  const auto lower_face = [&](float top) {
    return [&p, top](float x, float y) { return std::max(face_distance(p, x, y, 0.01F), top - 0.25F * std::abs(x) / p.width - y); };
  };
  const FaceCanvas::Box box{-1, 0, 1, 1.2F};
  if (p.beard == Person::Beard::stubble) canvas.paint(box, p.hair_color, 0.38F, lower_face(0.33F));
  if (p.beard == Person::Beard::full) canvas.paint(box, p.hair_color, 0.95F, lower_face(p.mouth_y - 0.14F));
  if (p.beard == Person::Beard::goatee) canvas.ellipse(mouth_x * 0.6F, p.mouth_y + 0.24F, 0.2F, 0.26F, p.hair_color);
  if (p.beard == Person::Beard::moustache || p.beard == Person::Beard::full)
    canvas.ellipse(mouth_x, p.mouth_y - 0.11F, p.mouth_width * 0.95F, 0.065F, scaled(p.hair_color, 0.9F));
}

void draw_mouth(FaceCanvas& canvas, const Person& p, const Scene& s, float x0) {
  const float width = p.mouth_width * (1 + 0.2F * s.smile), curve = s.smile * 0.6F;
  const auto lens = [&](float thickness) {
    return [=, y0 = p.mouth_y](float x, float y) {
      const float u = (x - x0) / width;
      const float middle = y0 - curve * (u * u - 0.4F) * width * 0.5F;
      return std::abs(y - middle) - thickness * std::sqrt(std::max(1 - u * u, 0.0F)) + (std::abs(u) > 1 ? 0.1F : 0.0F);
    };
  };
  const FaceCanvas::Box box{x0 - width, p.mouth_y - 0.35F, x0 + width, p.mouth_y + 0.35F};
  canvas.paint(box, p.lips, 1, lens(p.lip_thickness + s.mouth_open));
  canvas.paint(box, s.mouth_open > 0.06F ? Rgb{235, 230, 222} : Rgb{60, 20, 24}, 1, lens(std::max(s.mouth_open, 0.012F)));
}

void draw_nose(FaceCanvas& canvas, const Person& p, float x0) {
  const float tip = p.eye_y + 0.12F + p.nose_length;
  canvas.ellipse(x0, tip, p.nose_width, 0.07F, scaled(p.skin, 0.84F));
  canvas.box(x0 - p.nose_width * 0.45F, tip - p.nose_length * 0.5F, 0.02F, p.nose_length * 0.45F, scaled(p.skin, 0.86F), 0.9F, 0.1F);
  canvas.ellipse(x0 - p.nose_width * 0.5F, tip + 0.03F, 0.03F, 0.02F, scaled(p.skin, 0.45F));
  canvas.ellipse(x0 + p.nose_width * 0.5F, tip + 0.03F, 0.03F, 0.02F, scaled(p.skin, 0.45F));
}

void draw_eyes(FaceCanvas& canvas, const Person& p, const Scene& s, float x0) {
  for (const float side : {-1.0F, 1.0F}) {
    const float x = x0 + side * p.eye_x, slant = side * p.eye_slant, open = p.eye_height * s.eyes_open;
    canvas.ellipse(x, p.eye_y, p.eye_width * 1.15F, p.eye_height * 1.5F, scaled(p.skin, 0.86F), 0.8F, slant);
    canvas.ellipse(x, p.eye_y, p.eye_width, open, {238, 236, 230}, 1, slant);
    const float iris = std::min(p.eye_width * 0.5F, p.eye_height);
    canvas.ellipse(x + s.yaw * 0.2F, p.eye_y, iris, std::min(iris, open), p.iris);
    canvas.ellipse(x + s.yaw * 0.2F, p.eye_y, iris * 0.45F, std::min(iris * 0.45F, open), {12, 10, 10});
    canvas.ellipse(x, p.eye_y - open, p.eye_width, 0.018F, {30, 22, 20}, 0.9F, slant);
    const Rgb brow = scaled(p.hair_color, 0.75F);
    canvas.box(x, p.brow_y - s.brow_raise, p.eye_width * 1.15F, p.brow_thickness, brow, 1, side * p.brow_angle);
  }
}

void draw_glasses(FaceCanvas& canvas, const Person& p, const Scene& s, float x0) {
  if (p.glasses == Person::Glasses::none || !s.glasses_on) return;
  const bool square = p.glasses != Person::Glasses::round;
  for (const float side : {-1.0F, 1.0F}) {
    const float x = x0 + side * p.eye_x;
    if (p.glasses == Person::Glasses::dark) canvas.box(x, p.eye_y, 0.25F, 0.17F, scaled(p.frame, 0.35F), 0.92F);
    canvas.ring(x, p.eye_y, 0.25F, square ? 0.17F : 0.23F, 0.028F, square, p.frame);
    canvas.box(x0 + side * (p.eye_x + 0.25F + p.width) * 0.5F, p.eye_y, std::max((p.width - p.eye_x - 0.25F) * 0.5F, 0.01F), 0.025F,
               p.frame);
  }
  canvas.box(x0, p.eye_y, std::max(p.eye_x - 0.25F, 0.02F), 0.025F, p.frame);
}

/// The face is lit as a half ellipsoid, the rest as a wall; then the color of the light, and grain.
void light(FaceCanvas& canvas, const Scene& s, RandomKey key, std::uint64_t picture, std::span<std::uint8_t> out) {
  std::size_t i = 0;
  for (int row = 0; row < canvas.size(); ++row)
    for (int column = 0; column < canvas.size(); ++column, ++i) {
      float x = 0, y = 0;
      canvas.to_face(column, row, x, y);
      const float radius = std::sqrt(x * x + y * y);
      const float bend = 1 / std::max(1.0F, radius);
      const float gain = std::max(s.gain * (1 + bend * (s.light_x * x + s.light_y * y)), 0.15F);
      const Rgb& p = canvas.pixels()[i];
      const Philox4 words = random_block(key, picture, i);
      const float values[] = {p.r * s.cast.r, p.g * s.cast.g, p.b * s.cast.b};
      for (std::size_t c = 0; c < 3; ++c) {
        // Two uniform numbers of 16 bits make a triangle of variance 1/6.
        const float grain = static_cast<float>((words.v[c] & 0xffffU)) / 65536.0F - static_cast<float>(words.v[c] >> 16U) / 65536.0F;
        out[i * 3 + c] = static_cast<std::uint8_t>(std::clamp(values[c] * gain + grain * s.noise * 2.449F + 0.5F, 0.0F, 255.0F));
      }
    }
}

}  // namespace

void draw_face(const Person& p, const Scene& s, int size, RandomKey noise, std::uint64_t picture, std::span<std::uint8_t> pixels) {
  FaceCanvas canvas(size, 2.7F, s);
  draw_background(canvas, s);
  draw_body(canvas, p, s);
  draw_hair_behind(canvas, p, s);
  for (const float side : {-1.0F, 1.0F}) canvas.ellipse(side * (p.width + 0.03F), 0.02F, p.ears * 0.6F, p.ears, scaled(p.skin, 0.88F));
  canvas.paint({-1.1F, -1.1F, 1.1F, 1.1F}, p.skin, 1, [&](float x, float y) { return face_distance(p, x, y); });
  const float turned = s.yaw * 0.8F;
  draw_nose(canvas, p, turned * 1.3F);
  draw_beard(canvas, p, turned);
  draw_mouth(canvas, p, s, turned);
  draw_eyes(canvas, p, s, turned);
  draw_hair_front(canvas, p, s);
  draw_glasses(canvas, p, s, turned);
  if (s.occluded) canvas.box(s.occluder_x, s.occluder_y, s.occluder_width, s.occluder_height, s.occluder, 1, s.occluder_angle);
  light(canvas, s, noise, picture, pixels);
}

}  // namespace lehr
