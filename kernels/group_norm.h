// group_norm.h: normalization of each sample by its own numbers: layer normalization (one group, one pixel) and group normalization.
//   mu, var (population) over the pixels and the channels of a group; y = (x - mu) * inv * gamma + beta, inv = 1/sqrt(var + epsilon)
//   backward  g = dy*gamma, dx = inv*(g - mean(g) - xhat*mean(g*xhat)); dgamma = sum dy*xhat, dbeta = sum dy over samples and pixels
// Shapes   x, y, dx, dy [batch, pixels, channels] f32|bf16; mean, inv [batch, groups] f32; gamma, beta, dgamma, dbeta [channels] f32, any of
//          them empty, dx too
// Alias    none     Writes  =     Order  fixed, any number of threads     Sums  f64
// Meaning  keras.layers.{Layer,Group}Normalization
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

struct GroupNormSpec {
  std::int64_t batch = 0, pixels = 1, channels = 0, groups = 1;
  float epsilon = 1e-3F;
  DType dtype = DType::f32;
};
void verify(const GroupNormSpec&);  ///< throws Error where groups do not divide the channels
struct GroupNormBackwardSpec {
  GroupNormSpec forward;
};

struct GroupNorm {
  virtual ~GroupNorm() = default;
  virtual void run(ConstView x, ConstView gamma, ConstView beta, View y, View mean, View inverse, Stream& stream) = 0;
};
struct GroupNormBackward {
  virtual ~GroupNormBackward() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView x, ConstView dy, ConstView gamma, ConstView mean, ConstView inverse, View dx, View d_gamma, View d_beta,
                   View workspace, Stream& stream) = 0;
};
std::unique_ptr<GroupNorm> make_on(Cpu&, const GroupNormSpec&);
std::unique_ptr<GroupNorm> make_on(Cuda&, const GroupNormSpec&);
std::unique_ptr<GroupNormBackward> make_on(Cpu&, const GroupNormBackwardSpec&);
std::unique_ptr<GroupNormBackward> make_on(Cuda&, const GroupNormBackwardSpec&);

}  // namespace lehr
