// make_kernel.h: what every make_on(Cuda&, spec) needs: element types, grids, tables in device memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda.h"
#include "kernels/cuda/launch.h"
#include "kernels/dtype.h"
#include "kernels/error.h"

namespace lehr {

constexpr unsigned block_threads = 256;

/// Blocks of block_threads for `count` elements, `each` a thread.
constexpr dim3 blocks_for(std::int64_t count, std::int64_t each = 1, unsigned threads = block_threads) {
  const std::int64_t in_block = each * threads;
  return {static_cast<unsigned>((count + in_block - 1) / in_block)};
}

[[noreturn]] inline void unsupported_on_cuda(const char* operation, DType dtype) {
  throw Error({.where = operation,
               .what = "element type not supported on a GPU",
               .expected = "float32 or bfloat16",
               .got = std::string(name_of(dtype))});
}

/// make(T{}) with T = float or bf16.
template <class Make>
auto with_float_on_cuda(const char* operation, DType dtype, const Make& make) {
  if (dtype == DType::f32) return make(float{});
  if (dtype == DType::bf16) return make(bf16{});
  unsupported_on_cuda(operation, dtype);
}

/// A host table where kernels read it.
template <class Record>
Buffer upload(Cuda& cuda, const std::vector<Record>& records) {
  Buffer buffer(cuda, records.size() * sizeof(Record));
  cuda.copy_in(buffer.data(), records.data(), buffer.bytes());
  return buffer;
}

inline bool aligned16(const void* a) { return reinterpret_cast<std::uintptr_t>(a) % 16 == 0; }

}  // namespace lehr
