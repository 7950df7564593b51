// augment.h: Keras's random image layers, one draw an image, as one inverse mapping a pass.
//   output pixel (x, y) samples the input at (a0*x + a1*y + a2, b0*x + b1*y + b2); flip, rotation, translation, zoom give the six numbers
//   (keras_spec: RandomFlip ...) contrast   clip((x - mean_c)*f + mean_c, range)       brightness  clip(x + f*(hi-lo), range)       crop  a
//   window, at random in training, centred otherwise
// Random numbers are uniform01(random_word(key, step, element)), element = 4*image + draw.
// Shapes   x, y [n,h,w,c] f32|bf16 (u8 in where it is the first operation)     Alias  none     Writes  =     Order  fixed     Meaning
// keras.layers.Random*
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;

enum class AugmentKind : std::uint8_t { flip, rotation, translation, zoom, contrast, brightness, crop };
enum class FillMode : std::uint8_t { reflect, wrap, constant, nearest };
enum class FlipMode : std::uint8_t { horizontal, vertical, horizontal_and_vertical };

struct AugmentSpec {
  AugmentKind kind = AugmentKind::flip;
  std::int64_t batch = 0, height = 0, width = 0, channels = 0;
  std::int64_t out_height = 0, out_width = 0;  ///< crop only; otherwise the input's
  float lower = 0, upper = 0;                  ///< the factor's range (rotation: fractions of a turn; height for translation and zoom)
  float width_lower = 0, width_upper = 0;      ///< translation, zoom
  bool same_zoom = false;                      ///< zoom: width_factor=None, the width follows the height
  FlipMode flip = FlipMode::horizontal_and_vertical;
  FillMode fill_mode = FillMode::reflect;
  float fill_value = 0;
  bool bilinear = true;                   ///< else nearest
  float range_low = 0, range_high = 255;  ///< contrast, brightness
  bool training = true;                   ///< false: identity (crop: centred)
  RandomKey key;
  DType from = DType::f32, to = DType::f32;
};
struct Augment {
  virtual ~Augment() = default;
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
std::unique_ptr<Augment> make_on(Cpu&, const AugmentSpec&);

}  // namespace lehr
