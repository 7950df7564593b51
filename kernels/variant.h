// variant.h: which implementation of a family builds an operation. `automatic` takes the one measured best for the problem.
#pragma once

#include <cstdint>
#include <string_view>

namespace lehr {

class Cpu;

enum class Variant : std::uint8_t {
  automatic,
  library,  ///< the vendor's: oneDNN on a CPU
  ours
};

constexpr std::string_view name_of(Variant variant) {
  return variant == Variant::automatic ? "automatic" : variant == Variant::library ? "library" : "ours";
}

/// False where the program was built without the vendor's library.
bool available(const Cpu& cpu, Variant variant);

}  // namespace lehr
