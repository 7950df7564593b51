// face_person.h: what makes a drawn person that person, and what differs between two pictures of the same one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/philox.h"

namespace lehr {

struct Rgb {
  float r = 0, g = 0, b = 0;
};

/// Numbers in order from one (key, step) of Philox.
class Draws {
 public:
  Draws(RandomKey key, std::uint64_t step) : key_(key), step_(step) {}
  float uniform(float low = 0, float high = 1) { return low + (high - low) * uniform01(random_word(key_, step_, element_++)); }
  float normal();  ///< sum of four uniform numbers: bounded by +-3.5
  int below(int n) { return static_cast<int>(uniform() * static_cast<float>(n)); }
  bool chance(float probability) { return uniform() < probability; }

 private:
  RandomKey key_;
  std::uint64_t step_, element_ = 0;
};

// Coordinates: the middle of the face is (0, 0), its half height 1, x to the right, y down.
struct Person {
  enum class Hair : std::uint8_t { bald, cropped, fringe, parted, long_hair, curls, bob };
  enum class Beard : std::uint8_t { none, stubble, moustache, goatee, full };
  enum class Glasses : std::uint8_t { none, round, square, dark };
  float width = 0.76F, jaw = 2.2F, chin = 0.15F, ears = 0.15F;
  Rgb skin = {}, hair_color = {}, iris = {}, lips = {}, frame = {};
  Hair hair = Hair::cropped;
  Beard beard = Beard::none;
  Glasses glasses = Glasses::none;
  float strand_x = 0, strand_y = 0, strand_height = 0;  ///< wave in the hair: radians a unit, and brightness
  float weave_x = 0, weave_y = 0, weave_height = 0;     ///< the same of what this person likes to wear; its color changes
  float hairline = -0.55F, hair_volume = 0.1F, part = 0;
  float eye_x = 0.33F, eye_y = -0.12F, eye_width = 0.15F, eye_height = 0.075F, eye_slant = 0;
  float brow_y = -0.3F, brow_thickness = 0.04F, brow_angle = 0;
  float nose_length = 0.3F, nose_width = 0.12F;
  float mouth_y = 0.5F, mouth_width = 0.25F, lip_thickness = 0.06F;
};

struct Scene {
  float shift_x = 0, shift_y = 0, scale = 1, rotation = 0, shear = 0, yaw = 0;
  float light_x = 0, light_y = 0, gain = 1, noise = 6;
  Rgb cast = {1, 1, 1}, background = {}, background_2 = {}, clothes = {}, occluder = {};
  float wave_x[2] = {}, wave_y[2] = {}, wave_phase[2] = {}, wave_height = 0;
  float strand_phase = 0, weave_phase = 0;
  bool mirrored = false;
  float smile = 0, mouth_open = 0, eyes_open = 1, brow_raise = 0;
  bool glasses_on = true, occluded = false;
  float occluder_x = 0, occluder_y = 0, occluder_width = 0, occluder_height = 0, occluder_angle = 0;
};

/// Each is the one of forty that differs most from those before it: people are told apart by more than the width of a nose.
std::vector<Person> draw_people(int count, RandomKey key);
Scene draw_scene(Draws& draws);
/// `count` different names, "Ada_Brandt", in alphabetical order.
std::vector<std::string> person_names(int count, std::uint64_t seed);

}  // namespace lehr
