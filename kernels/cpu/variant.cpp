#include "kernels/variant.h"

namespace lehr {

bool available(const Cpu&, Variant variant) {
#ifdef LEHR_WITH_ONEDNN
  constexpr bool library = true;
#else
  constexpr bool library = false;
#endif
  return variant == Variant::library ? library : variant <= Variant::ours;
}

}  // namespace lehr
