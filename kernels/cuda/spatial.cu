// Images cut, bordered, resized, and axes exchanged: a thread writes one pack, one channel or one element, and nobody else does. Where a
// resized pixel is read from, and by which pixels, stands in tables that the host worked out.
#include "kernels/spatial.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

/// s.channels counts units of one pixel.
template <class Unit>
__global__ void place_kernel(Place2dSpec s, const void* x, void* y) {
  const std::int64_t i = device::first_element<1>();
  if (i >= s.batch * s.out_height * s.out_width * s.channels) return;
  const std::int64_t pixel = i / s.channels, line = pixel / s.out_width, n = line / s.out_height;
  const std::int64_t row = line % s.out_height + s.top, column = pixel % s.out_width + s.left;
  const bool inside = row >= 0 && row < s.height && column >= 0 && column < s.width;
  static_cast<Unit*>(y)[i] =
      inside ? static_cast<const Unit*>(x)[((n * s.height + row) * s.width + column) * s.channels + i % s.channels] : Unit{};
}

class Place final : public Place2d {
 public:
  explicit Place(const Place2dSpec& spec) : s_(spec) {
    const auto bytes = spec.channels * static_cast<std::int64_t>(size_of(spec.dtype));
    while (bytes % unit_ != 0) unit_ /= 2;
    s_.channels = bytes / unit_;
  }
  void run(ConstView x, View y, Stream& stream) override {
    const auto start = [&]<class Unit>(Unit) {
      launch(place_kernel<Unit>, blocks_for(s_.batch * s_.out_height * s_.out_width * s_.channels), block_threads, 0, stream, s_, x.data,
             y.data);
    };
    if (unit_ == 16)
      start(device::Elements<std::uint32_t, 4>{});
    else if (unit_ == 8)
      start(std::uint64_t{});
    else if (unit_ == 4)
      start(std::uint32_t{});
    else
      start(std::uint16_t{});
  }

 private:
  Place2dSpec s_;
  std::int64_t unit_ = 16;  // bytes
};

/// A thread's n channels of one pixel of [batch, height, width, channels].
struct Pixel {
  std::int64_t image, row, column, channel;
};
template <int n>
__device__ bool pixel_of(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t channels, Pixel& at) {
  const std::int64_t i = device::first_element<1>(), packs = channels / n, pixel = i / packs;
  at = {pixel / (height * width), pixel / width % height, pixel % width, i % packs * n};
  return i < batch * height * width * packs;
}

template <class T, int n>
__global__ void resize_kernel(Resize2dSpec s, const ResizeTap* rows, const ResizeTap* columns, const T* x, T* y) {
  Pixel at;
  if (!pixel_of<n>(s.batch, s.out_height, s.out_width, s.channels, at)) return;
  const ResizeTap r = rows[at.row], q = columns[at.column];
  const auto read = [&](std::int64_t i, std::int64_t j, float(&v)[n]) {
    device::load<n>(x + ((at.image * s.height + i) * s.width + j) * s.channels + at.channel, v);
  };
  float v[n];
  read(r.a, q.a, v);
  if (s.bilinear) {
    float b[n], c[n], d[n];
    read(r.a, q.b, b);
    read(r.b, q.a, c);
    read(r.b, q.b, d);
    const float wa = (1 - r.weight) * (1 - q.weight), wb = (1 - r.weight) * q.weight, wc = r.weight * (1 - q.weight),
                wd = r.weight * q.weight;
#pragma unroll
    for (int k = 0; k < n; ++k) v[k] = v[k] * wa + b[k] * wb + c[k] * wc + d[k] * wd;
  }
  device::store<n>(y + ((at.image * s.out_height + at.row) * s.out_width + at.column) * s.channels + at.channel, v);
}

struct Readers {
  const ResizeReader* all;
  const std::int64_t* begin;
};
template <class T, int n>
__global__ void resize_backward_kernel(Resize2dSpec s, Readers rows, Readers columns, const T* dy, T* dx) {
  Pixel at;
  if (!pixel_of<n>(s.batch, s.height, s.width, s.channels, at)) return;
  float sum[n] = {};
  for (std::int64_t i = rows.begin[at.row]; i < rows.begin[at.row + 1]; ++i)
    for (std::int64_t j = columns.begin[at.column]; j < columns.begin[at.column + 1]; ++j) {
      const ResizeReader r = rows.all[i], q = columns.all[j];
      const float weight = r.weight * q.weight;
      float d[n];
      device::load<n>(dy + ((at.image * s.out_height + r.output) * s.out_width + q.output) * s.channels + at.channel, d);
#pragma unroll
      for (int k = 0; k < n; ++k) sum[k] += d[k] * weight;
    }
  device::store<n>(dx + ((at.image * s.height + at.row) * s.width + at.column) * s.channels + at.channel, sum);
}

/// start(std::integral_constant<int, n>) with as many channels a thread as the shape allows.
template <class T, class Start>
void in_packs(std::int64_t channels, const Start& start) {
  if (channels % device::pack_size<T> == 0)
    start(std::integral_constant<int, device::pack_size<T>>{});
  else
    start(std::integral_constant<int, 1>{});
}

template <class T>
class Resize final : public Resize2d {
 public:
  Resize(Cuda& cuda, const Resize2dSpec& spec)
      : s_(spec),
        rows_(upload(cuda, resize_taps(spec.height, spec.out_height, spec.bilinear))),
        columns_(upload(cuda, resize_taps(spec.width, spec.out_width, spec.bilinear))) {}
  void run(ConstView x, View y, Stream& stream) override {
    in_packs<T>(s_.channels, [&]<int n>(std::integral_constant<int, n>) {
      launch(resize_kernel<T, n>, blocks_for(s_.batch * s_.out_height * s_.out_width * (s_.channels / n)), block_threads, 0, stream, s_,
             static_cast<const ResizeTap*>(rows_.data()), static_cast<const ResizeTap*>(columns_.data()), x.as<T>(), y.as<T>());
    });
  }

 private:
  Resize2dSpec s_;
  Buffer rows_, columns_;
};

/// The readers of one axis in device memory.
class ReaderTable {
 public:
  ReaderTable(Cuda& cuda, const ResizeReaders& readers) : all_(upload(cuda, readers.all)), begin_(upload(cuda, readers.begin)) {}
  Readers on_device() const { return {static_cast<const ResizeReader*>(all_.data()), static_cast<const std::int64_t*>(begin_.data())}; }

 private:
  Buffer all_, begin_;
};

template <class T>
class ResizeBack final : public Resize2dBackward {
 public:
  ResizeBack(Cuda& cuda, const Resize2dSpec& spec)
      : s_(spec),
        rows_(cuda, resize_readers(resize_taps(spec.height, spec.out_height, spec.bilinear), spec.height)),
        columns_(cuda, resize_readers(resize_taps(spec.width, spec.out_width, spec.bilinear), spec.width)) {}
  void run(ConstView dy, View dx, Stream& stream) override {
    in_packs<T>(s_.channels, [&]<int n>(std::integral_constant<int, n>) {
      launch(resize_backward_kernel<T, n>, blocks_for(s_.batch * s_.height * s_.width * (s_.channels / n)), block_threads, 0, stream, s_,
             rows_.on_device(), columns_.on_device(), dy.as<T>(), dx.as<T>());
    });
  }

 private:
  Resize2dSpec s_;
  ReaderTable rows_, columns_;
};

/// PermuteStrides as a kernel can index them.
struct Axes {
  std::int64_t extents[PermuteSpec::most], strides[PermuteSpec::most], count;
  int rank;
};
template <class T>
__global__ void permute_kernel(Axes axes, const T* x, T* y) {
  const std::int64_t i = device::first_element<1>();
  if (i >= axes.count) return;
  std::int64_t rest = i, at = 0;
  for (int k = axes.rank - 1; k >= 0; --k) {
    at += rest % axes.extents[k] * axes.strides[k];
    rest /= axes.extents[k];
  }
  y[i] = x[at];
}

template <class T>
class Permute final : public PermuteAxes {
 public:
  explicit Permute(const PermuteSpec& spec) {
    const PermuteStrides of = permute_strides(spec);
    axes_.count = of.count;
    axes_.rank = static_cast<int>(spec.rank);
    for (std::size_t k = 0; k < spec.rank; ++k) {
      axes_.extents[k] = of.extents[k];
      axes_.strides[k] = of.strides[k];
    }
  }
  void run(ConstView x, View y, Stream& stream) override {
    launch(permute_kernel<T>, blocks_for(axes_.count), block_threads, 0, stream, axes_, x.as<T>(), y.as<T>());
  }

 private:
  Axes axes_{};
};

}  // namespace

std::unique_ptr<Place2d> make_on(Cuda&, const Place2dSpec& spec) {
  verify(spec);
  return with_float_on_cuda("place2d", spec.dtype, [&]<class T>(T) -> std::unique_ptr<Place2d> { return std::make_unique<Place>(spec); });
}

std::unique_ptr<Resize2d> make_on(Cuda& cuda, const Resize2dSpec& spec) {
  verify(spec);
  return with_float_on_cuda("resize2d", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<Resize2d> { return std::make_unique<Resize<T>>(cuda, spec); });
}

std::unique_ptr<Resize2dBackward> make_on(Cuda& cuda, const Resize2dBackwardSpec& spec) {
  verify(spec.forward);
  return with_float_on_cuda("resize2d", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<Resize2dBackward> {
    return std::make_unique<ResizeBack<T>>(cuda, spec.forward);
  });
}

std::unique_ptr<PermuteAxes> make_on(Cuda&, const PermuteSpec& spec) {
  verify(spec);
  return with_float_on_cuda("permute", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<PermuteAxes> { return std::make_unique<Permute<T>>(spec); });
}

}  // namespace lehr
