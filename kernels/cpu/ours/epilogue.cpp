#include "kernels/cpu/ours/epilogue.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/cpu/parallel.h"

namespace lehr::ours {

bool can_fuse(Activation a) {
  return a == Activation::linear || a == Activation::relu || a == Activation::relu6 || a == Activation::sigmoid || a == Activation::tanh;
}

void clamp_for(Activation activation, TileOutput& out) {
  if (activation == Activation::relu || activation == Activation::relu6) out.low = 0;
  if (activation == Activation::relu6) out.high = 6;
}

void activate(Activation activation, float* values, std::int64_t count) {
  if (activation == Activation::sigmoid)
    for (std::int64_t i = 0; i < count; ++i) values[i] = 1.0F / (1.0F + std::exp(-values[i]));
  else if (activation == Activation::tanh)
    for (std::int64_t i = 0; i < count; ++i) values[i] = std::tanh(values[i]);
}

LEHR_SIMD void widen(const bf16* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i].bits) << 16U);
}
LEHR_SIMD void narrow(const float* from, bf16* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = bf16(from[i]);
}
LEHR_SIMD void round_to_bf16(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(bf16(from[i]));
}

void load(const void* from, DType dtype, std::int64_t begin, float* to, std::int64_t count) {
  if (dtype == DType::bf16)
    widen(static_cast<const bf16*>(from) + begin, to, count);
  else
    std::memcpy(to, static_cast<const float*>(from) + begin, static_cast<std::size_t>(count) * sizeof(float));
}

}  // namespace lehr::ours
