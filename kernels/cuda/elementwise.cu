// Sums, joins, scales and casts: each element is read and written once, 16 bytes an instruction where the sizes allow.
#include "kernels/elementwise.h"

#include <algorithm>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

using device::Elements;
using device::first_element;
using device::pack_size;

constexpr int most_inputs = 8;  // a launch takes; more are added in groups

template <class T>
struct Inputs {
  const T* x[most_inputs];
  int count;
};

template <class T>
__global__ void add_kernel(Inputs<T> inputs, T* y, std::int64_t count) {
  constexpr int n = pack_size<T>;
  const std::int64_t i = first_element<n>();
  if (i >= count) return;
  float sum[n];
  device::load<n>(inputs.x[0] + i, sum, count - i);
  for (int k = 1; k < inputs.count; ++k) {
    float x[n];
    device::load<n>(inputs.x[k] + i, x, count - i);
#pragma unroll
    for (int j = 0; j < n; ++j) sum[j] += x[j];
  }
  device::store<n>(y + i, sum, count - i);
}

template <class T>
class Add final : public AddTensors {
 public:
  explicit Add(const AddSpec& spec) : count_(spec.count) {}
  void run(std::span<const ConstView> x, View y, Stream& stream) override {
    std::size_t next = 0;
    do {
      Inputs<T> inputs{};
      if (next > 0) inputs.x[inputs.count++] = y.as<T>();
      while (next < x.size() && inputs.count < most_inputs) inputs.x[inputs.count++] = x[next++].as<T>();
      launch(add_kernel<T>, blocks_for(count_, pack_size<T>), block_threads, 0, stream, inputs, y.as<T>(), count_);
    } while (next < x.size());
  }

 private:
  std::int64_t count_;
};

/// Parts of a row, in units that one thread moves: 16, 4, 2 or 1 bytes.
struct Parts {
  void* at[most_inputs];
  std::int64_t begin[most_inputs + 1];  ///< of each within a whole row
  int count;
};

template <class Unit, bool joining>
__global__ void join_kernel(Parts parts, void* whole, std::int64_t rows, std::int64_t row_units, std::int64_t first) {
  const std::int64_t width = parts.begin[parts.count] - first;
  const std::int64_t i = first_element<1>();
  if (i >= rows * width) return;
  const std::int64_t row = i / width, column = first + i % width;
  int part = 0;
  while (column >= parts.begin[part + 1]) ++part;
  if (parts.at[part] == nullptr) return;  // a gradient that nobody wants
  auto* piece = static_cast<Unit*>(parts.at[part]) + row * (parts.begin[part + 1] - parts.begin[part]) + (column - parts.begin[part]);
  auto* place = static_cast<Unit*>(whole) + row * row_units + column;
  if (joining)
    *place = *piece;
  else
    *piece = *place;
}

class Concatenate final : public ConcatenateTensors {
 public:
  explicit Concatenate(const ConcatenateSpec& spec) : rows_(spec.rows) {
    const auto size = static_cast<std::int64_t>(size_of(spec.dtype));
    unit_ = 16;
    for (const std::int64_t c : spec.channels)
      while (c * size % unit_ != 0) unit_ /= 2;
    std::int64_t at = 0;
    for (const std::int64_t c : spec.channels) {
      begin_.push_back(at);
      at += c * size / unit_;
    }
    begin_.push_back(at);
  }
  void run(std::span<const ConstView> x, View y, Stream& stream) override {
    move<true>(x.size(), [&](std::size_t i) { return const_cast<void*>(x[i].data); }, y.data, stream);  // NOLINT: read only
  }
  void split(ConstView dy, std::span<const View> dx, Stream& stream) override {
    move<false>(dx.size(), [&](std::size_t i) { return dx[i].data; }, const_cast<void*>(dy.data), stream);  // NOLINT: read only
  }

 private:
  template <bool joining, class At>
  void move(std::size_t count, const At& at, void* whole, Stream& stream) {
    for (std::size_t next = 0; next < count; next += most_inputs) {
      Parts parts{};
      parts.count = static_cast<int>(std::min<std::size_t>(most_inputs, count - next));
      for (int k = 0; k < parts.count; ++k) parts.at[k] = at(next + static_cast<std::size_t>(k));
      for (int k = 0; k <= parts.count; ++k) parts.begin[k] = begin_[next + static_cast<std::size_t>(k)];
      const dim3 grid = blocks_for(rows_ * (parts.begin[parts.count] - parts.begin[0]));
      const auto start = [&]<class Unit>(Unit) {
        launch(join_kernel<Unit, joining>, grid, block_threads, 0, stream, parts, whole, rows_, begin_.back(), parts.begin[0]);
      };
      if (unit_ == 16)
        start(Elements<std::uint32_t, 4>{});
      else if (unit_ >= 4)
        start_in_words(start, unit_);
      else if (unit_ == 2)
        start(std::uint16_t{});
      else
        start(std::uint8_t{});
    }
  }
  template <class Start>
  static void start_in_words(const Start& start, std::int64_t unit) {
    if (unit == 8)
      start(std::uint64_t{});
    else
      start(std::uint32_t{});
  }

  std::int64_t rows_, unit_;
  std::vector<std::int64_t> begin_;
};

/// Empty tables: one number for all.
template <class T>
__global__ void scale_kernel(const T* x, T* y, std::int64_t count, std::int64_t channels, const float* scales, const float* offsets,
                             float scale, float offset) {
  constexpr int n = pack_size<T>;
  const std::int64_t i = first_element<n>();
  if (i >= count) return;
  float v[n];
  device::load<n>(x + i, v, count - i);
  std::int64_t c = i % channels;
#pragma unroll
  for (int j = 0; j < n; ++j) {
    v[j] = v[j] * (scales == nullptr ? scale : scales[c]) + (offsets == nullptr ? offset : offsets[c]);
    if (++c == channels) c = 0;
  }
  device::store<n>(y + i, v, count - i);
}

template <class T>
class Scale final : public ScaleOffset {
 public:
  Scale(Cuda& cuda, const ScaleOffsetSpec& spec) : count_(spec.rows * spec.channels), channels_(spec.channels) {
    if (spec.scale.size() > 1) scales_ = upload(cuda, spec.scale);
    if (spec.offset.size() > 1) offsets_ = upload(cuda, spec.offset);
    if (spec.scale.size() == 1) scale_ = spec.scale[0];
    if (spec.offset.size() == 1) offset_ = spec.offset[0];
  }
  void run(ConstView x, View y, Stream& stream) override {
    launch(scale_kernel<T>, blocks_for(count_, pack_size<T>), block_threads, 0, stream, x.as<T>(), y.as<T>(), count_, channels_,
           static_cast<const float*>(scales_.data()), static_cast<const float*>(offsets_.data()), scale_, offset_);
  }

 private:
  std::int64_t count_, channels_;
  Buffer scales_, offsets_;
  float scale_ = 1, offset_ = 0;
};

constexpr int cast_size = 8;

template <class From, class To>
__global__ void cast_kernel(const From* x, To* y, std::int64_t count) {
  const std::int64_t i = first_element<cast_size>();
  if (i >= count) return;
  float v[cast_size];
  device::load<cast_size>(x + i, v, count - i);
  device::store<cast_size>(y + i, v, count - i);
}

template <class From, class To>
class CastTo final : public Cast {
 public:
  explicit CastTo(std::int64_t count) : count_(count) {}
  void run(ConstView x, View y, Stream& stream) override {
    launch(cast_kernel<From, To>, blocks_for(count_, cast_size), block_threads, 0, stream, x.as<From>(), y.as<To>(), count_);
  }

 private:
  std::int64_t count_;
};

}  // namespace

std::unique_ptr<AddTensors> make_on(Cuda&, const AddSpec& spec) {
  return with_float_on_cuda("add", spec.dtype, [&]<class T>(T) -> std::unique_ptr<AddTensors> { return std::make_unique<Add<T>>(spec); });
}

std::unique_ptr<ConcatenateTensors> make_on(Cuda&, const ConcatenateSpec& spec) { return std::make_unique<Concatenate>(spec); }

std::unique_ptr<ScaleOffset> make_on(Cuda& cuda, const ScaleOffsetSpec& spec) {
  verify(spec);
  return with_float_on_cuda("scale", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<ScaleOffset> { return std::make_unique<Scale<T>>(cuda, spec); });
}

std::unique_ptr<Cast> make_on(Cuda&, const CastSpec& spec) {
  return with_float_on_cuda("cast", spec.to, [&]<class To>(To) -> std::unique_ptr<Cast> {
    switch (spec.from) {
      case DType::f32:
        return std::make_unique<CastTo<float, To>>(spec.count);
      case DType::bf16:
        return std::make_unique<CastTo<bf16, To>>(spec.count);
      case DType::u8:
        return std::make_unique<CastTo<std::uint8_t, To>>(spec.count);
      case DType::f64:
        return std::make_unique<CastTo<double, To>>(spec.count);
      default:
        unsupported_on_cuda("cast", spec.from);
    }
  });
}

}  // namespace lehr
