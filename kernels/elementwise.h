// elementwise.h: sums of tensors, joining and splitting along the last axis, scaling.
//   add          y = sum_i x_i (2 or more inputs)          concatenate  y[row, offset_i .. ] = x_i[row, .]; split is its gradient
//   scale_offset y = x*scale[c] + offset[c], or one scale and offset for all; the gradient is the same operation with offset 0
// Shapes   [rows, channels] f32|bf16     Alias  add, scale: y may be x_0     Writes  =     Order  fixed, any number of threads
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

struct AddSpec {
  std::int64_t count = 0;
  DType dtype = DType::f32;
};
struct AddTensors {
  virtual ~AddTensors() = default;
  virtual void run(std::span<const ConstView> x, View y, Stream& stream) = 0;
};
std::unique_ptr<AddTensors> make_on(Cpu&, const AddSpec&);
std::unique_ptr<AddTensors> make_on(Cuda&, const AddSpec&);

struct ConcatenateSpec {
  std::int64_t rows = 0;
  std::vector<std::int64_t> channels;
  DType dtype = DType::f32;
};
struct ConcatenateTensors {
  virtual ~ConcatenateTensors() = default;
  virtual void run(std::span<const ConstView> x, View y, Stream& stream) = 0;
  /// dx_i = dy[., offset_i ..]; an empty view is skipped.
  virtual void split(ConstView dy, std::span<const View> dx, Stream& stream) = 0;
};
std::unique_ptr<ConcatenateTensors> make_on(Cpu&, const ConcatenateSpec&);
std::unique_ptr<ConcatenateTensors> make_on(Cuda&, const ConcatenateSpec&);

/// scale and offset hold 1 or `channels` numbers (offset may be empty).
struct ScaleOffsetSpec {
  std::int64_t rows = 0, channels = 0;
  std::vector<float> scale, offset;
  DType dtype = DType::f32;
};
struct ScaleOffset {
  virtual ~ScaleOffset() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
void verify(const ScaleOffsetSpec&);  ///< throws Error where they do not fit
std::unique_ptr<ScaleOffset> make_on(Cpu&, const ScaleOffsetSpec&);
std::unique_ptr<ScaleOffset> make_on(Cuda&, const ScaleOffsetSpec&);

/// f32 <-> bf16, u8 -> f32|bf16, f64 -> f32: round to nearest even.
struct CastSpec {
  std::int64_t count = 0;
  DType from = DType::f32, to = DType::bf16;
};
struct Cast {
  virtual ~Cast() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
std::unique_ptr<Cast> make_on(Cpu&, const CastSpec&);
std::unique_ptr<Cast> make_on(Cuda&, const CastSpec&);

}  // namespace lehr
