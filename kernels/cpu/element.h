// element.h: reading and writing one element as float32, without branches, so that loops over float32 and bfloat16 vectorize alike.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/cpu/parallel.h"
#include "kernels/dtype.h"
#include "kernels/error.h"

namespace lehr {

inline float load(const float* p, std::int64_t i) { return p[i]; }
inline float load(const bf16* p, std::int64_t i) { return std::bit_cast<float>(static_cast<std::uint32_t>(p[i].bits) << 16U); }
inline float load(const std::uint8_t* p, std::int64_t i) { return static_cast<float>(p[i]); }
inline float load(const double* p, std::int64_t i) { return static_cast<float>(p[i]); }

inline void store(float* p, std::int64_t i, float value) { p[i] = value; }
inline void store(bf16* p, std::int64_t i, float value) {
  const auto u = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (u + 0x7fffU + ((u >> 16U) & 1U)) >> 16U;
  const std::uint32_t quiet = (u >> 16U) | 0x40U;
  p[i].bits = static_cast<std::uint16_t>((u & 0x7fffffffU) > 0x7f800000U ? quiet : rounded);
}

/// Elements a chunk: below it an operation runs on the caller, since waking a second thread costs more than the work.
constexpr std::int64_t element_chunk = 16384;

/// Rows a chunk, so that a chunk has about element_chunk elements.
constexpr std::int64_t row_chunk(std::int64_t row_elements) {
  return row_elements >= element_chunk ? 1 : element_chunk / (row_elements > 0 ? row_elements : 1);
}

[[noreturn]] inline void unsupported(const char* operation, DType dtype) {
  throw Error({.category = Category::failed,
               .where = operation,
               .what = "element type not supported",
               .expected = "float32 or bfloat16",
               .got = std::string(name_of(dtype))});
}

/// make(T{}) with T = float or bf16.
template <class Make>
auto with_float(const char* operation, DType dtype, const Make& make) {
  if (dtype == DType::f32) return make(float{});
  if (dtype == DType::bf16) return make(bf16{});
  unsupported(operation, dtype);
}

}  // namespace lehr
