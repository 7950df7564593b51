// stream.h: the executor's stream: work is done when it is put there, or kept while a graph is recorded.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/cuda.h"
#include "kernels/simt/executor.h"

struct CUstream_st {
  std::vector<std::function<void()>>* recording = nullptr;
  std::int64_t recorded_beside = 0;  ///< of them, those that a GPU's graph would not hold
  std::uint64_t seed = 0;            ///< of the next launch's order; each launch has its own
  std::uint64_t launches = 0;        ///< done, not recorded
};

namespace lehr::simt {

/// Runs or records. `operation` owns all that it needs.
void put(Stream& stream, std::function<void()> operation);
/// The same for what a GPU would have no node for.
void put_beside(Stream& stream, std::function<void()> operation);

template <class... Parameters>
struct Call {
  void (*kernel)(Parameters...);
  std::tuple<Parameters...> arguments;
  static void run(const void* self) {
    const auto& call = *static_cast<const Call*>(self);
    std::apply(call.kernel, call.arguments);
  }
};

template <class... Parameters>
void start(Stream& stream, Dim3 grid, Dim3 block, std::size_t shared_bytes, void (*kernel)(Parameters...),
           std::tuple<Parameters...> arguments, Site site) {
  if (grid.count() == 0) return;  // nothing to do
  CUstream_st* on = cuda_stream(stream).handle();
  ++cuda_stream(stream).counters().launches;
  put(stream, [=, call = Call<Parameters...>{kernel, std::move(arguments)}] {
    run({.grid = grid,
         .block = block,
         .dynamic_shared = shared_bytes,
         .seed = on->seed + 0x9E3779B97F4A7C15ULL * on->launches++,
         .call = &Call<Parameters...>::run,
         .parameters = &call,
         .parameter_bytes = sizeof call,
         .site = site});
  });
}

/// Seed of the order in which blocks and threads run from now on, on streams of this backend.
void shuffle_by(Cuda& cuda, std::uint64_t seed);

}  // namespace lehr::simt
