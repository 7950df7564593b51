// Accesses outside of what was given to a kernel.
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"
#include "tests/simt/planted.h"

namespace lehr::planted {
namespace {

constexpr unsigned threads = 64;
struct Row {
  float at[threads];
};
struct Pointer {
  float* to;
};

__global__ void buffer_kernel(const float* x, float* y, std::int64_t count, Reach plant) {
  const std::int64_t i = device::first_element<1>();
  const bool last = i + 1 == count;
  if (i < count)
    y[i + (plant == Reach::write_beyond_buffer && last ? 1 : 0)] = 2 * x[i + (plant == Reach::read_beyond_buffer && last ? 1 : 0)];
  if (plant == Reach::read_before_buffer && i == 0) y[0] = x[-1];
  if (plant == Reach::write_before_buffer && i == 0) y[-1] = x[0];
  if (plant == Reach::trap && last) __trap();
}

__global__ void shared_kernel(const float* x, float* y, std::int64_t count, Reach plant) {
  auto& row = shared<Row>();
  const std::int64_t i = device::first_element<1>();
  const unsigned t = threadIdx.x;
  (&row.at[0])[t + (plant == Reach::write_beyond_shared ? 1 : 0)] = i < count ? 2 * x[i] : 0;
  __syncthreads();
  if (i < count) y[i] = (&row.at[0])[t + (plant == Reach::read_beyond_shared ? 1 : 0)];
}

/// A local of the first thread, whose address the others find in shared memory.
__global__ void local_kernel(const float* x, float* y, std::int64_t count, Reach plant) {
  auto& first = shared<Pointer>();
  const std::int64_t i = device::first_element<1>();
  float mine = i < count ? 2 * x[i] : 0;
  if (threadIdx.x == 0) first.to = &mine;
  __syncthreads();
  const float* from = plant == Reach::other_threads_local ? first.to : &mine;
  if (i < count) y[i] = *from;
  __syncthreads();
}

}  // namespace

void run(Reach plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  float host[1] = {1};
  const auto start = [&](auto kernel, const float* from, float* to) {
    launch(kernel, blocks_for(count, 1, threads), threads, 0, stream, from, to, count, plant);
  };
  switch (plant) {
    case Reach::none:
      start(buffer_kernel, x.as<float>(), y.as<float>());
      start(shared_kernel, x.as<float>(), y.as<float>());
      return start(local_kernel, x.as<float>(), y.as<float>());
    case Reach::read_of_host:
      return launch(buffer_kernel, 1, threads, 0, stream, host, y.as<float>(), std::int64_t{1}, plant);
    case Reach::write_to_host:
      return launch(buffer_kernel, 1, threads, 0, stream, x.as<float>(), host, std::int64_t{1}, plant);
    case Reach::read_beyond_shared:
    case Reach::write_beyond_shared:
      return start(shared_kernel, x.as<float>(), y.as<float>());
    case Reach::other_threads_local:
      return start(local_kernel, x.as<float>(), y.as<float>());
    default:
      return start(buffer_kernel, x.as<float>(), y.as<float>());
  }
}

}  // namespace lehr::planted
