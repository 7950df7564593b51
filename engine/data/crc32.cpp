#include "engine/data/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lehr {

namespace {

#if defined(__x86_64__)
[[gnu::target("pclmul,sse4.1")]] __m128i load(const std::byte* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

/// x times x^n modulo the polynomial, both halves by their constant, and what stands there.
[[gnu::target("pclmul,sse4.1")]] __m128i fold(__m128i x, __m128i constants, __m128i next) {
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, constants, 0x00), _mm_clmulepi64_si128(x, constants, 0x11)), next);
}

// V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009: four lanes of 16 bytes are folded over
// the bytes behind them, then into one, and reduced (Barrett). `sum` is inverted, going in and coming out; a multiple of 16 bytes, 64 at least.
[[gnu::target("pclmul,sse4.1")]] std::uint32_t folded(std::span<const std::byte> bytes, std::uint32_t sum) {
  const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4), by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i by_4 = _mm_set_epi64x(0, 0x0163cd6124), polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const std::byte *at = bytes.data(), *end = at + bytes.size();
  __m128i lanes[4];
  for (int i = 0; i < 4; ++i) lanes[i] = load(at + 16 * i);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(sum)));
  for (at += 64; end - at >= 64; at += 64)
    for (int i = 0; i < 4; ++i) lanes[i] = fold(lanes[i], by_64, load(at + 16 * i));
  __m128i x = lanes[0];
  for (int i = 1; i < 4; ++i) x = fold(x, by_16, lanes[i]);
  for (; at < end; at += 16) x = fold(x, by_16, load(at));

  const __m128i low = _mm_setr_epi32(-1, 0, -1, 0);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, by_16, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low), by_4, 0x00));
  const __m128i quotient = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low), polynomial, 0x10), low);
  x = _mm_xor_si128(x, _mm_clmulepi64_si128(quotient, polynomial, 0x00));
  return static_cast<std::uint32_t>(_mm_extract_epi32(x, 1));
}
#endif

}  // namespace

std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool carryless = __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
  if (carryless && bytes.size() >= 64) {
    const auto whole = bytes.first(bytes.size() / 16 * 16);
    before = ~folded(whole, ~before);
    bytes = bytes.subspan(whole.size());
  }
#endif
  if (bytes.empty()) return before;  // zlib takes a null pointer for the beginning of a sum
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace lehr
