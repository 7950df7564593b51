// matmul.h: matrix product with bias and activation, row-major.
//   c[m,n] = act(op(a)[m,k] * op(b)[k,n] + bias[n])       op transposes where asked: a is stored [k,m] under transpose_a, b [n,k] under
//   transpose_b
// A dense layer: y = x*w + bias; dx = dy*w^T (transpose_b); dw = x^T*dy (transpose_a)
// Shapes   a, b, c as above, f32|bf16 each; bias [n] f32      Writes  =      Alias  none      Order  fixed for a thread count      Sums f32
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/activation.h"
#include "kernels/backend.h"
#include "kernels/variant.h"

namespace lehr {

class Cpu;
class Cuda;

struct MatmulSpec {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  DType a = DType::f32, b = DType::f32, c = DType::f32;
  bool bias = false;
  Activation activation = Activation::linear;  ///< as conv2d_can_fuse
  Variant variant = Variant::automatic;
  bool tf32 = false;  ///< float32 operands may lose mantissa to tensor cores; a CPU has none
};
/// The line of tests/problems/matmul that says the same.
std::string problem_line(const MatmulSpec& spec);
void verify(const MatmulSpec& spec);  ///< throws Error{usage} for a product that makes no sense
struct Matmul {
  virtual ~Matmul() = default;
  virtual std::string implementation() const { return "ours"; }  ///< who computes, as `lehr summary --plan` says it
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView a, ConstView b, ConstView bias, View c, View workspace, Stream& stream) = 0;
};
std::unique_ptr<Matmul> make_on(Cpu&, const MatmulSpec&);
std::unique_ptr<Matmul> make_on(Cuda&, const MatmulSpec&);

}  // namespace lehr
