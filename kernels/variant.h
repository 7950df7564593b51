// variant.h: which implementation of a family builds an operation. `automatic` takes the one measured best for the problem.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/dtype.h"

namespace lehr {

class Cpu;
class Cuda;

enum class Variant : std::uint8_t {
  automatic,
  library,  ///< the vendor's: oneDNN on a CPU, cuDNN and cuBLASLt on a GPU
  ours,     ///< our best
  // On a GPU: the rungs of our ladder (kernels/cuda/ours/product.cuh), each with one idea more than the one before.
  naive,
  tiled,
  registers,
  tensor
};

constexpr std::string_view name_of(Variant variant) {
  constexpr std::string_view names[] = {"automatic", "library", "ours", "naive", "tiled", "registers", "tensor"};
  return names[static_cast<std::size_t>(variant)];
}

/// False where there is no such implementation: the vendor's library is absent, or has no such type on this processor; a CPU has no such rung.
bool available(const Cpu& cpu, Variant variant, DType dtype);
bool available(const Cuda& cuda, Variant variant);

}  // namespace lehr
