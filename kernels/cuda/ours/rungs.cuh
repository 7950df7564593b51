// rungs.cuh: starts a rung of the ladder: grid, splits of a long depth and the sum over them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "kernels/cuda/make_kernel.h"
#include "kernels/cuda/ours/product_naive.cuh"
#include "kernels/cuda/ours/product_registers.cuh"
#include "kernels/cuda/ours/product_tensor.cuh"
#include "kernels/cuda/ours/product_tiled.cuh"
#include "kernels/cuda/ours/rung.h"

namespace lehr::ladder {

inline std::string name_of_rung(Variant rung) { return "ours, " + std::string(name_of(rung)); }

/// A long depth over few outputs is cut, so that all multiprocessors have work; the pieces' sums are added in order.
inline Extent cut(std::int64_t m, std::int64_t n, std::int64_t depth, std::int64_t groups, Variant rung) {
  constexpr std::int64_t most = std::numeric_limits<int>::max() - 64;  // indices are int, addresses are not
  if (const std::int64_t largest = std::max({m, n, depth}); largest > most)
    throw Error({.category = Category::usage,
                 .where = "lehr's own product on a GPU",
                 .what = "an extent is too large",
                 .expected = std::to_string(most) + " at most",
                 .got = std::to_string(largest),
                 .hint = "Use a smaller --batch-size."});
  Extent e{.m = static_cast<int>(m), .n = static_cast<int>(n), .depth = static_cast<int>(depth)};
  constexpr std::int64_t wanted_blocks = 264, least_depth = 512, most_splits = 64;  // two blocks for each of 132 multiprocessors
  if (rung == Variant::registers || rung == Variant::tensor) {
    const std::int64_t blocks = std::max<std::int64_t>(1, (m + 63) / 64 * ((n + 63) / 64) * groups);
    e.splits = static_cast<int>(std::clamp<std::int64_t>(std::min(wanted_blocks / blocks, depth / least_depth), 1, most_splits));
  }
  constexpr int tile = 32;  // splits begin where tiles do
  e.split_depth = static_cast<int>((depth + e.splits * tile - 1) / (e.splits * tile) * tile);
  return e;
}

/// Partial sums, [split][row][step of the result], float32.
inline std::size_t split_bytes(const Extent& e, std::int64_t step) {
  return e.splits == 1 ? 0 : sizeof(float) * static_cast<std::size_t>(e.splits) * static_cast<std::size_t>(e.m * step);
}

template <class T>
__global__ void add_splits(const float* partial, int splits, std::int64_t count, int columns, const float* bias, Activation activation,
                           T* c) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count) return;
  float sum = 0;
  for (int s = 0; s < splits; ++s) sum += partial[s * count + i];
  if (bias != nullptr) sum += bias[i % columns];
  c[i] = device::from_float<T>(activated(activation, sum));
}

/// The rung, by the code that this build has for the GPU.
inline Variant rung_for(Variant wanted, Arithmetic arithmetic) { return rung_for(wanted, arithmetic, code_generation(add_splits<float>)); }

template <class Kind, class A, class B, class T>
void launch_rung(Variant rung, const Extent& e, int groups, const A& a, const B& b, const Result<T>& c, Stream& stream) {
  const auto grid = [&](unsigned rows, unsigned columns) {
    return dim3((static_cast<unsigned>(e.m) + rows - 1) / rows, (static_cast<unsigned>(e.n) + columns - 1) / columns,
                static_cast<unsigned>(groups * e.splits));
  };
  if constexpr (std::is_void_v<Kind>)  // operands of two types have one rung, which is enough
    launch(product_registers<A, B, T>, grid(Registers::rows, Registers::columns), Registers::block(), 0, stream, e, a, b, c);
  else if (rung == Variant::registers)
    launch(product_registers<A, B, T>, grid(Registers::rows, Registers::columns), Registers::block(), 0, stream, e, a, b, c);
  else if (rung == Variant::naive)
    launch(product_naive<A, B, T>, grid(Naive::rows, Naive::columns), Naive::block(), 0, stream, e, a, b, c);
  else if (rung == Variant::tiled)
    launch(product_tiled<A, B, T>, grid(Tiled::rows, Tiled::columns), Tiled::block(), 0, stream, e, a, b, c);
  else
    launch(product_tensor<Kind, A, B, T>, grid(Tensor::rows, Tensor::columns), Tensor::block(), 0, stream, e, a, b, c);
}

/// The whole product; `workspace` has split_bytes(). c.step must cover all groups.
/// Kind: bf16 or Tf32, what the tensor rung computes with; void where the operands have two types.
template <class Kind, class A, class B, class T>
void run_product(Variant rung, const Extent& e, int groups, const A& a, const B& b, Result<T> c, View workspace, Stream& stream) {
  if (e.splits == 1) return launch_rung<Kind>(rung, e, groups, a, b, c, stream);
  const std::int64_t count = e.m * c.step;
  auto* partial = static_cast<float*>(workspace.data);
  launch_rung<Kind>(rung, e, groups, a, b, Result<float>{.at = partial, .step = c.step, .group_step = c.group_step, .split_step = count},
                    stream);
  launch(add_splits<T>, blocks_for(count), block_threads, 0, stream, partial, e.splits, count, static_cast<int>(c.step), c.bias,
         c.activation, c.at);
}

}  // namespace lehr::ladder
