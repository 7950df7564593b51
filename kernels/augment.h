// augment.h: Keras's random image layers, one draw an image, as one inverse mapping a pass.
//   flip, rotation, translation, zoom   output pixel (x, y) is the input at (a0*x + a1*y + a2, b0*x + b1*y + b2), x the column:
//     flip         u <= 1/2: both axes of `flip` at once (Keras draws one number for both)
//     rotation     angle 2 pi U(lower, upper) about the centre, counter-clockwise on the screen
//     translation  down by height * U(lower, upper), right by width * U(width_lower, width_upper)
//     zoom         by 1 + U(lower, upper) and 1 + U(width_lower, width_upper) about the centre; positive zooms out
//   contrast    clip((x - m_c)*f + m_c), f = U(lower, upper), m_c the mean of the image's channel
//   brightness  clip(x + f*(range_high - range_low)), f = U(lower, upper)
//   crop        in training and where the image is larger in both axes: a window of the output's size, at one place for the whole batch;
//               otherwise the largest centred window of the output's proportions, resized by bilinear interpolation
// Random numbers are uniform01(random_word(key, step, element)), element = 4*image + draw (crop: image 0); height is
// drawn before width.
// Outside the image: reflect d c b a | a b c d | d c b a, wrap periodic, nearest the edge, constant fill_value.
// Shapes   x [n,h,w,c] u8|f32|bf16, y [n,oh,ow,c] f32|bf16     Alias  none     Writes  =     Order  fixed, any number of threads
// Meaning  keras.layers.Random*
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

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
  bool training = true;                   ///< false: identity (crop: the centred window)
  RandomKey key;
  DType from = DType::f32, to = DType::f32;
};
struct Augment {
  virtual ~Augment() = default;
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
void verify(const AugmentSpec&);  ///< throws Error{usage} for a window without a pixel
std::unique_ptr<Augment> make_on(Cpu&, const AugmentSpec&);
std::unique_ptr<Augment> make_on(Cuda&, const AugmentSpec&);

}  // namespace lehr
