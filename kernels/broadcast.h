// broadcast.h: arithmetic between two tensors whose axes are equal or 1, and its gradient, summed over the axes that were repeated.
//   forward   y = f(a, b)        add a+b, subtract a-b, multiply a*b, divide a/b, maximum, minimum, prelu a >= 0 ? a : a*b
//   backward  da = sum over a's repeated axes of dy * df/da;  db likewise. Where a = b, maximum and minimum give all to a, as TensorFlow; prelu gives 0 at a = 0.
// Shapes   y [outer, middle, channels], a and b the same with any of the three axes 1 instead; y's axis is the larger. a f32|bf16, b f32|bf16
//          (a weight beside bf16 activations is f32)
// Writes   =     Alias  y may be a where a has y's shape     Order  fixed, any number of threads     Sums  f64
// Meaning  keras.layers.{Add,Subtract,Multiply,Maximum,Minimum,PReLU}, keras.ops
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

enum class BinaryFunction : std::uint8_t { add, subtract, multiply, divide, maximum, minimum, prelu };

struct BroadcastSpec {
  BinaryFunction function = BinaryFunction::add;
  std::array<std::int64_t, 3> a = {1, 1, 1}, b = {1, 1, 1};
  DType dtype = DType::f32, b_dtype = DType::f32;  ///< of a, y and dy; of b and its gradient
  std::array<std::int64_t, 3> y() const { return {a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1], a[2] > b[2] ? a[2] : b[2]}; }
  std::int64_t count() const { return y()[0] * y()[1] * y()[2]; }
};
void verify(const BroadcastSpec&);  ///< throws Error where axes neither agree nor are 1
/// One of the two gradients.
struct BroadcastBackwardSpec {
  BroadcastSpec forward;
  bool of_b = false;
};

struct Broadcast {
  virtual ~Broadcast() = default;
  virtual void run(ConstView a, ConstView b, View y, Stream& stream) = 0;
};
struct BroadcastBackward {
  virtual ~BroadcastBackward() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView a, ConstView b, ConstView dy, View gradient, View workspace, Stream& stream) = 0;
};
std::unique_ptr<Broadcast> make_on(Cpu&, const BroadcastSpec&);
std::unique_ptr<Broadcast> make_on(Cuda&, const BroadcastSpec&);
std::unique_ptr<BroadcastBackward> make_on(Cpu&, const BroadcastBackwardSpec&);
std::unique_ptr<BroadcastBackward> make_on(Cuda&, const BroadcastBackwardSpec&);

}  // namespace lehr
