#include "kernels/roofline.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "kernels/cpu/ours/fma_peak.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/cpu/parallel.h"
#include "kernels/make.h"
#include "kernels/matmul.h"

namespace lehr {
namespace {

using Clock = std::chrono::steady_clock;

/// Seconds of the fastest round.
template <class Round>
double fastest(double seconds, const Round& round) {
  round();
  double best = std::numeric_limits<double>::infinity();
  const auto start = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
    const auto begin = Clock::now();
    round();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

/// Multiply-adds in registers, on every thread; 0 where this processor has no code for them.
double register_flops(const Cpu& cpu, DType dtype, double seconds) {
  constexpr std::int64_t repeats = 20'000;  // under 0.1 ms
  const double flops = ours::fma_peak_flops(dtype, repeats);
  if (flops == 0) return 0;
  std::vector<float> results(static_cast<std::size_t>(cpu.threads()));
  const double best = fastest(seconds, [&] {
    for_chunks(cpu, cpu.threads(), 1,
               [&](std::int64_t i, std::int64_t, std::int64_t) { results[static_cast<std::size_t>(i)] = ours::fma_peak(dtype, repeats); });
  });
  return flops * cpu.threads() / best;
}

double tile_flops(const Cpu& cpu, double seconds) {
  constexpr std::int64_t rows = 8, columns = 48, depth = 160, repeats = 400;
  const auto level = ours::best_tile_level();
  const std::vector<float> a(rows * depth, 1e-3F), b(depth * columns, 1e-3F);
  std::vector<float> c(static_cast<std::size_t>(cpu.threads()) * rows * columns);
  const ours::TileSum sum{.inner = depth, .a_row = depth, .b_inner = columns};
  const double best = fastest(seconds, [&] {
    for_chunks(cpu, cpu.threads(), 1, [&](std::int64_t i, std::int64_t, std::int64_t) {
      for (std::int64_t r = 0; r < repeats; ++r)
        ours::tile_block(level, sum, a.data(), b.data(), rows, columns, {.c = c.data() + i * rows * columns, .stride = columns});
    });
  });
  return 2.0 * rows * columns * depth * repeats * cpu.threads() / best;
}

/// A large bfloat16 product: units that work on whole tiles (AMX) are reached by no loop of ours.
double product_flops(Cpu& cpu, double seconds) {
  constexpr std::int64_t n = 1024;
  const auto op = make(MatmulSpec{.m = n, .n = n, .k = n, .a = DType::bf16, .b = DType::bf16, .c = DType::bf16}, cpu);
  const std::vector<bf16> ones(n * n, bf16(1.0F));
  const Buffer a(cpu, n * n * 2), b(cpu, n * n * 2), c(cpu, n * n * 2), workspace(cpu, op->workspace_bytes());
  cpu.copy_in(a.data(), ones.data(), a.bytes());
  cpu.copy_in(b.data(), ones.data(), b.bytes());
  const double best = fastest(seconds, [&] {
    op->run({a.data(), DType::bf16, n * n}, {b.data(), DType::bf16, n * n}, {}, {c.data(), DType::bf16, n * n},
            {workspace.data(), DType::u8, workspace.bytes()}, cpu.stream());
  });
  return 2.0 * n * n * n / best;
}

LEHR_SIMD void triad(const float* b, const float* c, float* a, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) a[i] = b[i] + 0.5F * c[i];
}

}  // namespace

double measure_bandwidth(const Cpu& cpu, double seconds, std::size_t working_set) {
  const auto count = std::max<std::int64_t>(4096, static_cast<std::int64_t>(working_set / (3 * sizeof(float))));
  const std::int64_t chunk = std::clamp<std::int64_t>(count / cpu.threads(), 1024, 1 << 16);
  const auto size = static_cast<std::size_t>(count);
  std::vector<float> a(size), b(size, 1.0F), c(size, 2.0F);
  const double best = fastest(seconds, [&] {
    for_chunks(cpu, count, chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      triad(b.data() + begin, c.data() + begin, a.data() + begin, end - begin);
    });
  });
  return 3.0 * static_cast<double>(count) * sizeof(float) / best;
}

double measure_copy_bandwidth(Backend& backend, double seconds, std::size_t working_set) {
  constexpr int copies = 20;  // between two waits, each of which costs a GPU some 10 us
  backend.enter();
  const std::size_t bytes = std::max<std::size_t>(working_set / 2, 4096);
  const Buffer from(backend, bytes), to(backend, bytes);
  backend.zero(from.data(), bytes);
  const double best = fastest(seconds, [&] {
    for (int i = 0; i < copies; ++i) backend.copy(to.data(), from.data(), bytes);
    backend.stream().synchronize();
  });
  return 2.0 * copies * static_cast<double>(bytes) / best;
}

Roofline measure_roofline(Cpu& cpu, double seconds, std::size_t working_set) {
  cpu.enter();
  Roofline roof;
  roof.f32_flops = std::max(register_flops(cpu, DType::f32, seconds), tile_flops(cpu, seconds));
  roof.bf16_flops = std::max({roof.f32_flops, register_flops(cpu, DType::bf16, seconds), product_flops(cpu, seconds)});
  roof.bytes = measure_bandwidth(cpu, seconds, working_set);
  return roof;
}

}  // namespace lehr
