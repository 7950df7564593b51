// Arithmetic between tensors with repeated axes. Forward: a thread takes a pack of one row's channels where rows are whole packs, else one
// element. A gradient with repeated axes is summed in double by blocks of 32 columns and 8 rows; where its cells are few, several blocks share
// a cell and a second launch adds what they found, in their order.
#include "kernels/broadcast.h"

#include <algorithm>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

struct Extents {
  std::int64_t outer, middle, channels;
};
Extents extents_of(const std::array<std::int64_t, 3>& s) { return {s[0], s[1], s[2]}; }

__device__ float apply(BinaryFunction f, float a, float b) {
  switch (f) {
    case BinaryFunction::add:
      return a + b;
    case BinaryFunction::subtract:
      return a - b;
    case BinaryFunction::multiply:
      return a * b;
    case BinaryFunction::divide:
      return a / b;
    case BinaryFunction::maximum:
      return a >= b ? a : b;
    case BinaryFunction::minimum:
      return a <= b ? a : b;
    case BinaryFunction::prelu:
      break;
  }
  return a >= 0 ? a : a * b;
}
/// dy * df/da, or dy * df/db.
__device__ float slope(BinaryFunction f, bool of_b, float a, float b, float dy) {
  switch (f) {
    case BinaryFunction::add:
      return dy;
    case BinaryFunction::subtract:
      return of_b ? -dy : dy;
    case BinaryFunction::multiply:
      return dy * (of_b ? a : b);
    case BinaryFunction::divide:
      return of_b ? -dy * a / (b * b) : dy / b;
    case BinaryFunction::maximum:
      return (a >= b) != of_b ? dy : 0.0F;
    case BinaryFunction::minimum:
      return (a <= b) != of_b ? dy : 0.0F;
    case BinaryFunction::prelu:
      break;
  }
  if (of_b) return a < 0 ? dy * a : 0.0F;
  return a > 0 ? dy : a < 0 ? dy * b : 0.0F;
}

/// Where an operand's element for (outer, middle, channel) of y lies.
__device__ std::int64_t place_of(const Extents& s, std::int64_t outer, std::int64_t middle, std::int64_t channel) {
  return ((s.outer == 1 ? 0 : outer) * s.middle + (s.middle == 1 ? 0 : middle)) * s.channels + (s.channels == 1 ? 0 : channel);
}
/// n channels of an operand from there on.
template <int n, class T>
__device__ void load_channels(const T* x, const Extents& s, std::int64_t outer, std::int64_t middle, std::int64_t channel, float (&v)[n]) {
  const std::int64_t at = place_of(s, outer, middle, channel);
  if (s.channels != 1) return device::load<n>(x + at, v);
#pragma unroll
  for (int j = 0; j < n; ++j) v[j] = device::as_float(x[at]);
}

/// dy null: y = f(a, b); else the gradient of an operand that has y's shape.
template <class A, class B, class Y, int n>
__global__ void each_kernel(BinaryFunction f, Extents whole, Extents of_a, Extents of_b, const A* a, const B* b, const A* dy, bool for_b,
                            Y* y) {
  const std::int64_t i = device::first_element<n>();
  if (i >= whole.outer * whole.middle * whole.channels) return;
  const std::int64_t row = i / whole.channels, channel = i % whole.channels, outer = row / whole.middle, middle = row % whole.middle;
  float va[n], vb[n];
  load_channels<n>(a, of_a, outer, middle, channel, va);
  load_channels<n>(b, of_b, outer, middle, channel, vb);
  if (dy == nullptr) {
#pragma unroll
    for (int j = 0; j < n; ++j) va[j] = apply(f, va[j], vb[j]);
  } else {
    float d[n];
    device::load<n>(dy + i, d);
#pragma unroll
    for (int j = 0; j < n; ++j) va[j] = slope(f, for_b, va[j], vb[j], d[j]);
  }
  device::store<n>(y + i, va);
}

/// start(std::integral_constant<int, n>): a pack a thread where rows are whole packs and all memory begins at one.
template <class A, class Start>
void in_packs(std::int64_t channels, bool aligned, const Start& start) {
  if (aligned && channels % device::pack_size<A> == 0)
    start(std::integral_constant<int, device::pack_size<A>>{});
  else
    start(std::integral_constant<int, 1>{});
}

template <class A, class B>
class Forward final : public Broadcast {
 public:
  explicit Forward(const BroadcastSpec& spec) : s_(spec) {}
  void run(ConstView a, ConstView b, View y, Stream& stream) override {
    in_packs<A>(s_.y()[2], aligned16(a.data) && aligned16(b.data) && aligned16(y.data), [&]<int n>(std::integral_constant<int, n>) {
      launch(each_kernel<A, B, A, n>, blocks_for(s_.count(), n), block_threads, 0, stream, s_.function, extents_of(s_.y()),
             extents_of(s_.a), extents_of(s_.b), a.as<A>(), b.as<B>(), nullptr, false, y.as<A>());
    });
  }

 private:
  BroadcastSpec s_;
};

constexpr unsigned lanes = 32, lines = 8;  // of a block that sums: side by side over columns, and over rows

/// How the sums of one operand's gradient are cut; a function of the shapes alone.
struct Summing {
  BinaryFunction function;
  bool of_b;
  Extents y, a, b, own;
  std::int64_t rows;     ///< of y that one row of the gradient was repeated to
  std::int64_t slices;   ///< blocks that share them
  std::int64_t columns;  ///< blocks side by side
  std::int64_t cells() const { return own.outer * own.middle * own.channels; }
};

/// The place in y of row r of those that the gradient's row `cell` was repeated to.
__device__ std::int64_t row_in_y(const Summing& s, std::int64_t cell, std::int64_t r, std::int64_t& outer, std::int64_t& middle) {
  const std::int64_t middles = s.own.middle == 1 ? s.y.middle : 1;
  outer = s.own.outer == 1 ? r / middles : cell / s.own.middle;
  middle = s.own.middle == 1 ? r % middles : cell % s.own.middle;
  return (outer * s.y.middle + middle) * s.y.channels;
}

struct LineSums {
  double sum[lines][lanes + 1];  // one more: rows lie in different banks
};

/// grid: x = columns, y = slices, z = rows of the gradient. partials [slices, cells], or null: the gradient itself.
template <class A, class B, class G>
__global__ void sum_kernel(Summing s, std::int64_t first_row, const A* a, const B* b, const A* dy, G* gradient, double* partials) {
  const std::int64_t cell = first_row + blockIdx.z, column = static_cast<std::int64_t>(blockIdx.x) * lanes + threadIdx.x;
  const std::int64_t height = (s.rows + s.slices - 1) / s.slices, begin = blockIdx.y * height;
  const std::int64_t end = begin + height < s.rows ? begin + height : s.rows;
  double sum = 0;
  const auto add = [&](std::int64_t r, std::int64_t c) {
    std::int64_t outer = 0, middle = 0;
    const std::int64_t at = row_in_y(s, cell, r, outer, middle) + c;
    sum += static_cast<double>(slope(s.function, s.of_b, device::as_float(a[place_of(s.a, outer, middle, c)]),
                                     device::as_float(b[place_of(s.b, outer, middle, c)]), device::as_float(dy[at])));
  };
  if (s.own.channels == 1)
    for (std::int64_t r = begin + threadIdx.y; r < end; r += lines)
      for (std::int64_t c = threadIdx.x; c < s.y.channels; c += lanes) add(r, c);
  else if (column < s.own.channels)
    for (std::int64_t r = begin + threadIdx.y; r < end; r += lines) add(r, column);
  auto& all = shared<LineSums>();
  all.sum[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0) return;
  double total = 0;
  for (const auto& line : all.sum) total += line[threadIdx.x];
  if (s.own.channels == 1) total = device::warp_reduce(total, device::Sum{});
  if (s.own.channels == 1 ? threadIdx.x != 0 : column >= s.own.channels) return;
  const std::int64_t to = cell * s.own.channels + (s.own.channels == 1 ? 0 : column);
  if (partials == nullptr)
    gradient[to] = device::from_float<G>(static_cast<float>(total));
  else
    partials[blockIdx.y * (s.own.outer * s.own.middle * s.own.channels) + to] = total;
}

template <class G>
__global__ void add_slices_kernel(const double* partials, std::int64_t slices, std::int64_t cells, G* gradient) {
  const std::int64_t i = device::first_element<1>();
  if (i >= cells) return;
  double total = 0;
  for (std::int64_t slice = 0; slice < slices; ++slice) total += partials[slice * cells + i];
  gradient[i] = device::from_float<G>(static_cast<float>(total));
}

Summing summing(const BroadcastBackwardSpec& spec) {
  const auto& f = spec.forward;
  Summing s{.function = f.function,
            .of_b = spec.of_b,
            .y = extents_of(f.y()),
            .a = extents_of(f.a),
            .b = extents_of(f.b),
            .own = extents_of(spec.of_b ? f.b : f.a),
            .rows = 1,
            .slices = 1,
            .columns = 1};
  if (s.own.outer == 1) s.rows *= s.y.outer;
  if (s.own.middle == 1) s.rows *= s.y.middle;
  s.columns = (s.own.channels + lanes - 1) / lanes;
  const std::int64_t blocks = s.own.outer * s.own.middle * s.columns;
  s.slices = std::clamp<std::int64_t>(512 / blocks, 1, (s.rows + 63) / 64);
  return s;
}

template <class A, class B, class G>
class Backward final : public BroadcastBackward {
 public:
  explicit Backward(const BroadcastBackwardSpec& spec) : s_(summing(spec)) {}
  std::size_t workspace_bytes() const override {
    return s_.slices == 1 ? 0 : static_cast<std::size_t>(s_.slices * s_.cells()) * sizeof(double);
  }
  void run(ConstView a, ConstView b, ConstView dy, View gradient, View workspace, Stream& stream) override {
    if (s_.cells() == s_.y.outer * s_.y.middle * s_.y.channels) return each(a, b, dy, gradient, stream);
    auto* partials = s_.slices == 1 ? nullptr : static_cast<double*>(workspace.data);
    const std::int64_t rows = s_.own.outer * s_.own.middle;
    for (std::int64_t first = 0; first < rows; first += most_rows)
      launch(sum_kernel<A, B, G>,
             dim3{static_cast<unsigned>(s_.columns), static_cast<unsigned>(s_.slices),
                  static_cast<unsigned>(std::min(most_rows, rows - first))},
             dim3{lanes, lines}, 0, stream, s_, first, a.as<A>(), b.as<B>(), dy.as<A>(), gradient.as<G>(), partials);
    if (partials != nullptr)
      launch(add_slices_kernel<G>, blocks_for(s_.cells()), block_threads, 0, stream, partials, s_.slices, s_.cells(), gradient.as<G>());
  }

 private:
  static constexpr std::int64_t most_rows = 65535;  // of a grid's third axis
  void each(ConstView a, ConstView b, ConstView dy, View gradient, Stream& stream) const {
    const bool aligned = aligned16(a.data) && aligned16(b.data) && aligned16(dy.data) && aligned16(gradient.data);
    in_packs<A>(s_.y.channels, aligned, [&]<int n>(std::integral_constant<int, n>) {
      launch(each_kernel<A, B, G, n>, blocks_for(s_.cells(), n), block_threads, 0, stream, s_.function, s_.y, s_.a, s_.b, a.as<A>(),
             b.as<B>(), dy.as<A>(), s_.of_b, gradient.as<G>());
    });
  }

  Summing s_;
};

template <class Base, class Work>
std::unique_ptr<Base> with_types(const BroadcastSpec& spec, const Work& work) {
  verify(spec);
  return with_float_on_cuda("broadcast", spec.dtype, [&]<class A>(A) -> std::unique_ptr<Base> {
    return with_float_on_cuda("broadcast", spec.b_dtype,
                              [&]<class B>(B) -> std::unique_ptr<Base> { return work.template operator()<A, B>(); });
  });
}

}  // namespace

std::unique_ptr<Broadcast> make_on(Cuda&, const BroadcastSpec& spec) {
  return with_types<Broadcast>(spec,
                               [&]<class A, class B>() -> std::unique_ptr<Broadcast> { return std::make_unique<Forward<A, B>>(spec); });
}

std::unique_ptr<BroadcastBackward> make_on(Cuda&, const BroadcastBackwardSpec& spec) {
  return with_types<BroadcastBackward>(spec.forward, [&]<class A, class B>() -> std::unique_ptr<BroadcastBackward> {
    if (spec.of_b) return std::make_unique<Backward<A, B, B>>(spec);
    return std::make_unique<Backward<A, B, A>>(spec);
  });
}

}  // namespace lehr
