#include "kernels/simt/warp.h"

#include <bit>

namespace lehr::simt {
namespace {

struct Fragments {
  float* d;
  const std::uint32_t *a, *b;
  const float* c;
};

float low_half(std::uint32_t word) { return std::bit_cast<float>(word << 16U); }
float high_half(std::uint32_t word) { return std::bit_cast<float>(word & 0xffff0000U); }
float tf32(std::uint32_t word) { return std::bit_cast<float>(word & 0xffffe000U); }  // 10 bits of the mantissa, the rest is not read

/// a[16][k], b[k][8], c and d[16][8]; lane = 4*group + in_group.
template <int k>
void multiply(void* const* payloads, float (*a_of)(const Fragments&, int row, int col), float (*b_of)(const Fragments&, int row)) {
  const auto of = [&](int lane) -> const Fragments& { return *static_cast<const Fragments*>(payloads[lane]); };
  float a[16][k], b[k][8];
  for (int row = 0; row < 16; ++row)
    for (int col = 0; col < k; ++col) {
      const int lane = row % 8 * 4 + (k == 16 ? col % 8 / 2 : col % 4);
      a[row][col] = a_of(of(lane), row, col);
    }
  for (int row = 0; row < k; ++row)
    for (int col = 0; col < 8; ++col) b[row][col] = b_of(of(col * 4 + (k == 16 ? row % 8 / 2 : row % 4)), row);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + (i >= 2 ? 8 : 0), col = lane % 4 * 2 + i % 2;
      double sum = 0;
      for (int j = 0; j < k; ++j) sum += static_cast<double>(a[row][j]) * static_cast<double>(b[j][col]);
      of(lane).d[i] = static_cast<float>(sum + static_cast<double>(of(lane).c[i]));
    }
}

}  // namespace

std::uint32_t ballot(std::uint32_t mask, bool yes, Site site) {
  std::uint32_t mine = yes ? 1 : 0;
  meet(
      mask, "a vote", &mine,
      [](void* const* payloads, std::uint32_t present) {
        std::uint32_t all = 0;
        for (unsigned l = 0; l < 32; ++l)
          if ((present >> l & 1U) != 0) all |= *static_cast<std::uint32_t*>(payloads[l]) << l;
        for (unsigned l = 0; l < 32; ++l)
          if ((present >> l & 1U) != 0) *static_cast<std::uint32_t*>(payloads[l]) = all;
      },
      false, site);
  return mine;
}

// Words of a: rows group and group+8, then the same for the upper half of k; two bf16 a word, the lower k in the lower half.
void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const float (&c)[4], Site site) {
  float result[4];
  Fragments mine{result, a, b, c};
  meet(
      0xffffffffU, "mma.m16n8k16", &mine,
      [](void* const* payloads, std::uint32_t) {
        multiply<16>(
            payloads,
            [](const Fragments& f, int row, int col) {
              const std::uint32_t word = f.a[(row >= 8 ? 1 : 0) + (col >= 8 ? 2 : 0)];
              return col % 2 == 0 ? low_half(word) : high_half(word);
            },
            [](const Fragments& f, int row) {
              const std::uint32_t word = f.b[row >= 8 ? 1 : 0];
              return row % 2 == 0 ? low_half(word) : high_half(word);
            });
      },
      false, site);
  for (int i = 0; i < 4; ++i) d[i] = result[i];
}

void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const float (&c)[4], Site site) {
  float result[4];
  Fragments mine{result, a, b, c};
  meet(
      0xffffffffU, "mma.m16n8k8", &mine,
      [](void* const* payloads, std::uint32_t) {
        multiply<8>(
            payloads, [](const Fragments& f, int row, int col) { return tf32(f.a[(row >= 8 ? 1 : 0) + (col >= 4 ? 2 : 0)]); },
            [](const Fragments& f, int row) { return tf32(f.b[row >= 4 ? 1 : 0]); });
      },
      false, site);
  for (int i = 0; i < 4; ++i) d[i] = result[i];
}

}  // namespace lehr::simt
