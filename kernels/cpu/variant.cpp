#include "kernels/variant.h"

#include "kernels/cpu.h"

namespace lehr {

bool available(const Cpu&, Variant variant, [[maybe_unused]] DType dtype) {
#ifdef LEHR_WITH_ONEDNN
  const bool library = dtype != DType::bf16 || cpu_features().avx512;  // oneDNN has no bfloat16 below AVX-512
#else
  constexpr bool library = false;
#endif
  return variant == Variant::library ? library : variant <= Variant::ours;
}

}  // namespace lehr
