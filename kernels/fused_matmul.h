// fused_matmul.h: a product that takes a neighbour's work into its epilogue, where the device's library can. For a dense layer z = x*w + bias,
// y = relu(z):
//   mask=writes    y = relu(x*w + bias), and a note of where y is positive
//   mask=applies   c = a*b where a noted y is positive, else 0: dz = (dy_above * w_above^T) relu'(z), of the layer below in one launch
//   sums           sums[n] = sum over k of op(b)[k,n]: d_bias beside dw = x^T*dz
// Shapes   as matmul.h; mask: mask_bytes(), in a form of the library's own, for an m x n result; sums [n] f32
// Writes  =      Alias  none      Order  fixed      Sums  f32
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/matmul.h"

namespace lehr {

enum class ReluMask : std::uint8_t { none, writes, applies };

struct FusedMatmulSpec {
  MatmulSpec product = {};
  ReluMask mask = ReluMask::none;
  bool sums = false;
};
/// The line of tests/problems/matmul that says the same.
std::string problem_line(const FusedMatmulSpec& spec);
/// Throws Error{usage} for a product that makes no sense: a mask of what is no relu, sums beside a bias.
void verify(const FusedMatmulSpec& spec);

/// What the product reads and writes; what its spec does not ask for is empty.
struct FusedMatmulViews {
  ConstView a = {}, b = {}, bias = {};
  View c = {}, mask = {}, sums = {};
};
struct FusedMatmul {
  virtual ~FusedMatmul() = default;
  virtual std::string implementation() const = 0;
  virtual std::size_t workspace_bytes() const = 0;
  virtual std::size_t mask_bytes() const = 0;
  virtual void run(const FusedMatmulViews& views, View workspace, Stream& stream) = 0;
};
/// Empty where nothing on the device does it in one launch: its parts then run one by one, each by an operation of its own.
std::unique_ptr<FusedMatmul> make_on(Cpu&, const FusedMatmulSpec&);
std::unique_ptr<FusedMatmul> make_on(Cuda&, const FusedMatmulSpec&);

}  // namespace lehr
