#include "engine/data/face_person.h"

#include <algorithm>
#include <cmath>

#include "engine/data/split.h"

namespace lehr {

namespace {

Rgb mix(Rgb a, Rgb b, float t) { return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t}; }

Rgb jittered(Rgb color, float by, Draws& draws) {
  const auto one = [&](float v) { return std::clamp(v + draws.uniform(-by, by), 5.0F, 250.0F); };
  const float r = one(color.r), g = one(color.g), b = one(color.b);
  return {r, g, b};
}

Rgb any_color(Draws& draws) {
  const float r = draws.uniform(20, 235), g = draws.uniform(20, 235), b = draws.uniform(20, 235);
  return {r, g, b};
}

/// A wall, a curtain, a sky: its brightness varies more than its color.
Rgb muted_color(Draws& draws) {
  const float level = draws.uniform(25, 230);
  return jittered({level, level, level}, 45, draws);
}

Rgb skin_color(Draws& draws) {
  constexpr Rgb tones[] = {{247, 214, 190}, {232, 184, 148}, {206, 150, 110}, {165, 110, 74}, {112, 72, 50}, {74, 47, 36}};
  const float at = draws.uniform(0, 4.999F);
  const auto tone = static_cast<std::size_t>(at);
  return jittered(mix(tones[tone], tones[tone + 1], at - static_cast<float>(tone)), 8, draws);
}

Rgb hair_color(Draws& draws) {
  constexpr Rgb tones[] = {{28, 22, 20}, {74, 48, 30}, {120, 80, 44}, {205, 165, 90}, {165, 70, 30}, {150, 150, 152}, {232, 230, 224}};
  return jittered(tones[draws.below(7)], 14, draws);
}

Rgb iris_color(Draws& draws) {
  constexpr Rgb tones[] = {{70, 42, 25}, {95, 120, 70}, {70, 110, 165}, {110, 115, 120}, {130, 90, 40}};
  return jittered(tones[draws.below(5)], 12, draws);
}

constexpr const char* first_names[] = {"Ada",   "Anton", "Bela",  "Bruno",  "Carla", "Cem",   "Dana",  "Dario", "Edda", "Emil",
                                       "Fatma", "Felix", "Greta", "Gustav", "Hanna", "Hugo",  "Ida",   "Ivo",   "Jana", "Jonas",
                                       "Klara", "Kurt",  "Lale",  "Linus",  "Mara",  "Milo",  "Nadia", "Nils",  "Olga", "Otto",
                                       "Paula", "Pavel", "Rosa",  "Ruben",  "Selma", "Simon", "Tara",  "Theo",  "Vera", "Yusuf"};
constexpr const char* last_names[] = {"Adler",  "Amari",  "Brandt", "Castro", "Demir", "Eberle", "Falk",  "Garcia", "Haas",
                                      "Ivanov", "Jansen", "Keller", "Lindt",  "Moser", "Novak",  "Okoro", "Peters", "Quint",
                                      "Rossi",  "Sato",   "Tanaka", "Urban",  "Vogel", "Weiss",  "Xu",    "Yilmaz", "Zeller"};

/// How well a stranger would tell two people apart: style counts most, then color, then proportion.
float difference(const Person& a, const Person& b) {
  const auto color = [](Rgb u, Rgb v) { return (std::abs(u.r - v.r) + std::abs(u.g - v.g) + std::abs(u.b - v.b)) / 200; };
  const auto strands = [](float u, float v) { return std::min(std::abs(u - v) / 12, 1.0F); };
  const bool bald = a.hair == Person::Hair::bald && b.hair == Person::Hair::bald;
  float sum = 1.2F * color(a.skin, b.skin) + (a.beard != b.beard ? 0.6F : 0) + (a.hair != b.hair ? 0.8F : 0);
  if (!bald) sum += color(a.hair_color, b.hair_color) + 0.5F * strands(a.strand_x, b.strand_x) + 0.5F * strands(a.strand_y, b.strand_y);
  sum += a.glasses != b.glasses ? 0.8F : a.glasses != Person::Glasses::none ? 0.6F * color(a.frame, b.frame) : 0;
  sum += 0.4F * strands(a.weave_x, b.weave_x) + 0.4F * strands(a.weave_y, b.weave_y);
  return sum + std::abs(a.width - b.width) * 2;
}

Person draw_person(Draws& d) {
  Person p;
  p.width = d.uniform(0.64F, 0.86F);
  p.jaw = d.uniform(1.9F, 3.2F);
  p.chin = d.uniform(0.02F, 0.32F);
  p.ears = d.uniform(0.1F, 0.2F);
  p.skin = skin_color(d);
  p.hair_color = hair_color(d);
  p.iris = iris_color(d);
  p.lips = mix(p.skin, {170, 40, 50}, d.uniform(0.15F, 0.75F));
  p.frame = d.chance(0.6F) ? Rgb{25, 25, 28} : any_color(d);
  p.hair = static_cast<Person::Hair>(d.below(7));
  p.beard = d.chance(0.55F) ? Person::Beard::none : static_cast<Person::Beard>(1 + d.below(4));
  p.glasses = d.chance(0.65F) ? Person::Glasses::none : static_cast<Person::Glasses>(1 + d.below(3));
  const float strand_angle = d.uniform(0, 3.1416F), strand_length = d.uniform(0.26F, 0.6F);
  p.strand_x = std::cos(strand_angle) * 6.2832F / strand_length;
  p.strand_y = std::sin(strand_angle) * 6.2832F / strand_length;
  p.strand_height = d.uniform(0.3F, 0.65F);
  const float weave_angle = d.uniform(0, 3.1416F), weave_length = d.uniform(0.25F, 0.6F);
  p.weave_x = std::cos(weave_angle) * 6.2832F / weave_length;
  p.weave_y = std::sin(weave_angle) * 6.2832F / weave_length;
  p.weave_height = d.chance(0.2F) ? 0.0F : d.uniform(0.35F, 0.6F);
  p.hairline = d.uniform(-0.72F, -0.42F);
  p.hair_volume = d.uniform(0.04F, 0.26F);
  p.part = d.uniform(-0.5F, 0.5F);
  p.eye_x = d.uniform(0.27F, 0.4F);
  p.eye_y = d.uniform(-0.2F, -0.04F);
  p.eye_width = d.uniform(0.11F, 0.19F);
  p.eye_height = d.uniform(0.05F, 0.1F);
  p.eye_slant = d.uniform(-0.25F, 0.25F);
  p.brow_y = p.eye_y - d.uniform(0.13F, 0.25F);
  p.brow_thickness = d.uniform(0.02F, 0.07F);
  p.brow_angle = d.uniform(-0.3F, 0.3F);
  p.nose_length = d.uniform(0.2F, 0.42F);
  p.nose_width = d.uniform(0.07F, 0.18F);
  p.mouth_y = d.uniform(0.42F, 0.62F);
  p.mouth_width = d.uniform(0.17F, 0.36F);
  p.lip_thickness = d.uniform(0.03F, 0.1F);
  return p;
}

}  // namespace

float Draws::normal() {
  float sum = 0;
  for (int i = 0; i < 4; ++i) sum += uniform(-1, 1);
  return sum * 0.8660254F;  // the variance of one is 1/3
}

std::vector<Person> draw_people(int count, RandomKey key) {
  std::vector<Person> out;
  for (int id = 0; id < count; ++id) {
    Draws draws(key, static_cast<std::uint64_t>(id) + 2);
    Person best;
    float most = -1;
    for (int candidate = 0; candidate < 40; ++candidate) {
      const Person person = draw_person(draws);
      float least = 1e9F;
      for (const Person& other : out) least = std::min(least, difference(person, other));
      if (least <= most) continue;
      most = least;
      best = person;
    }
    out.push_back(best);
  }
  return out;
}

Scene draw_scene(Draws& d) {
  Scene s;
  s.shift_x = d.uniform(-0.42F, 0.42F);
  s.shift_y = d.uniform(-0.45F, 0.25F);
  s.scale = d.uniform(0.83F, 1.14F);
  s.rotation = d.uniform(-0.22F, 0.22F);
  s.shear = d.uniform(-0.1F, 0.1F);
  s.yaw = d.uniform(-0.16F, 0.16F);
  s.mirrored = d.chance(0.5F);
  s.light_x = d.uniform(-0.6F, 0.6F);
  s.light_y = d.uniform(-0.4F, 0.4F);
  s.gain = d.uniform(0.52F, 1.24F);
  s.noise = d.uniform(2, 7);
  const float r = d.uniform(0.82F, 1.18F), g = d.uniform(0.86F, 1.14F), b = d.uniform(0.82F, 1.18F);
  s.cast = {r, g, b};
  s.background = muted_color(d);
  s.background_2 = muted_color(d);
  s.clothes = any_color(d);
  s.occluder = any_color(d);
  for (int i = 0; i < 2; ++i) {
    s.wave_x[i] = d.uniform(-14, 14);
    s.wave_y[i] = d.uniform(-14, 14);
    s.wave_phase[i] = d.uniform(0, 6.283F);
  }
  s.wave_height = d.uniform(5, 60);
  s.strand_phase = d.uniform(0, 6.283F);
  s.weave_phase = d.uniform(0, 6.283F);
  s.smile = d.uniform(-0.5F, 1);
  s.mouth_open = d.chance(0.4F) ? d.uniform(0.02F, 0.12F) : 0;
  s.eyes_open = d.chance(0.1F) ? 0.2F : d.uniform(0.65F, 1.1F);
  s.brow_raise = d.uniform(-0.04F, 0.05F);
  s.glasses_on = d.chance(0.96F);
  s.occluded = d.chance(0.05F);
  s.occluder_x = d.uniform(-0.8F, 0.8F);
  s.occluder_y = d.uniform(-0.1F, 1);
  s.occluder_width = d.uniform(0.1F, 0.28F);
  s.occluder_height = d.uniform(0.1F, 0.28F);
  s.occluder_angle = d.uniform(0, 3.14F);
  return s;
}

std::vector<std::string> person_names(int count, std::uint64_t seed) {
  std::vector<std::string> out;
  constexpr int all = static_cast<int>(std::size(first_names) * std::size(last_names));
  for (const std::int64_t i : permutation(all, seed, 0x6e616d65)) {
    if (static_cast<int>(out.size()) == count) break;
    const auto at = static_cast<std::size_t>(i);
    out.push_back(std::string(first_names[at % std::size(first_names)]) + "_" + last_names[at / std::size(first_names)]);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace lehr
