// Pooling over whole images: a block takes 32 channels of one image, its warps share the pixels.
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"
#include "kernels/pool2d.h"

namespace lehr {
namespace {

constexpr unsigned lanes = 32, warps = 8;

struct Sums {
  double of_warp[warps][lanes];
};
struct Best {
  float value[warps][lanes];
  std::int32_t pixel[warps][lanes];
};

/// float32 over runs of 64 pixels, double over runs and warps: the error does not grow with the image.
template <class T>
__global__ void mean_kernel(const T* x, T* y, std::int64_t pixels, std::int64_t channels) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.y) * lanes + threadIdx.x, image = blockIdx.x;
  double sum = 0;
  if (c < channels) {
    float run = 0;
    int in_run = 0;
    for (std::int64_t p = threadIdx.y; p < pixels; p += warps) {
      run += device::as_float(x[(image * pixels + p) * channels + c]);
      if (++in_run == 64) {
        sum += static_cast<double>(run);
        run = 0;
        in_run = 0;
      }
    }
    sum += static_cast<double>(run);
  }
  auto& sums = shared<Sums>();
  sums.of_warp[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || c >= channels) return;
  double total = 0;
  for (const auto& of_warp : sums.of_warp) total += of_warp[threadIdx.x];
  y[image * channels + c] = device::from_float<T>(static_cast<float>(total / static_cast<double>(pixels)));
}

/// Of equal pixels the first wins.
template <class T>
__global__ void maximum_kernel(const T* x, T* y, std::int32_t* index, std::int64_t pixels, std::int64_t channels) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.y) * lanes + threadIdx.x, image = blockIdx.x;
  auto& best = shared<Best>();
  float value = 0;
  std::int32_t pixel = -1;
  if (c < channels)
    for (std::int64_t p = threadIdx.y; p < pixels; p += warps) {
      const float v = device::as_float(x[(image * pixels + p) * channels + c]);
      if (pixel < 0 || v > value) {
        value = v;
        pixel = static_cast<std::int32_t>(p);
      }
    }
  best.value[threadIdx.y][threadIdx.x] = value;
  best.pixel[threadIdx.y][threadIdx.x] = pixel;
  __syncthreads();
  if (threadIdx.y != 0 || c >= channels) return;
  for (unsigned w = 1; w < warps; ++w) {
    const float v = best.value[w][threadIdx.x];
    const std::int32_t p = best.pixel[w][threadIdx.x];
    if (p >= 0 && (v > value || (v == value && p < pixel))) {
      value = v;
      pixel = p;
    }
  }
  y[image * channels + c] = device::from_float<T>(value);
  if (index != nullptr) index[image * channels + c] = pixel;
}

/// index empty: the mean's gradient.
template <class T, int n>
__global__ void spread_kernel(const T* dy, const std::int32_t* index, T* dx, std::int64_t batch, std::int64_t pixels, std::int64_t channels,
                              float share) {
  const std::int64_t i = device::first_element<n>();
  if (i >= batch * pixels * channels) return;
  const std::int64_t pixel = i / channels, from = pixel / pixels * channels + i % channels;
  float d[n];
  device::load<n>(dy + from, d);
#pragma unroll
  for (int k = 0; k < n; ++k) d[k] = index == nullptr ? d[k] * share : (index[from + k] == pixel % pixels ? d[k] : 0.0F);
  device::store<n>(dx + i, d);
}

template <class T>
class Forward final : public GlobalPool2d {
 public:
  explicit Forward(const GlobalPool2dSpec& spec) : spec_(spec) {}
  void run(ConstView x, View y, View index, Stream& stream) override {
    const dim3 grid{static_cast<unsigned>(spec_.batch), blocks_for(spec_.channels, 1, lanes).x}, block{lanes, warps};
    if (spec_.pooling == Pooling::average)
      launch(mean_kernel<T>, grid, block, 0, stream, x.as<T>(), y.as<T>(), spec_.pixels, spec_.channels);
    else
      launch(maximum_kernel<T>, grid, block, 0, stream, x.as<T>(), y.as<T>(), index.as<std::int32_t>(), spec_.pixels, spec_.channels);
  }

 private:
  GlobalPool2dSpec spec_;
};

template <class T>
class Backward final : public GlobalPool2dBackward {
 public:
  explicit Backward(const GlobalPool2dSpec& spec) : spec_(spec) {}
  void run(ConstView dy, ConstView index, View dx, Stream& stream) override {
    const std::int64_t count = spec_.batch * spec_.pixels * spec_.channels;
    const float share = 1 / static_cast<float>(spec_.pixels);
    const std::int32_t* places = spec_.pooling == Pooling::max ? index.as<std::int32_t>() : nullptr;
    constexpr int pack = device::pack_size<T>;
    if (spec_.channels % pack == 0)
      launch(spread_kernel<T, pack>, blocks_for(count, pack), block_threads, 0, stream, dy.as<T>(), places, dx.as<T>(), spec_.batch,
             spec_.pixels, spec_.channels, share);
    else
      launch(spread_kernel<T, 1>, blocks_for(count), block_threads, 0, stream, dy.as<T>(), places, dx.as<T>(), spec_.batch, spec_.pixels,
             spec_.channels, share);
  }

 private:
  GlobalPool2dSpec spec_;
};

}  // namespace

std::unique_ptr<GlobalPool2d> make_on(Cuda&, const GlobalPool2dSpec& spec) {
  return with_float_on_cuda("global pooling", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<GlobalPool2d> { return std::make_unique<Forward<T>>(spec); });
}

std::unique_ptr<GlobalPool2dBackward> make_on(Cuda&, const GlobalPool2dBackwardSpec& spec) {
  return with_float_on_cuda("global pooling", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<GlobalPool2dBackward> {
    return std::make_unique<Backward<T>>(spec.forward);
  });
}

}  // namespace lehr
