// rounded_terms.h: what cuDNN and cuBLASLt round beside bfloat16 results and our kernels do not: the bias, which they take in the result's type,
// and sums whose activation is not theirs, which follows in a kernel of its own. Both as in Keras's mixed_bfloat16.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "kernels/activation.h"
#include "kernels/problems/case.h"

namespace lehr::check {

inline bool rounds_on_the_way(std::string_view implementation, DType result) {
  return result == DType::bf16 && (implementation.starts_with("cuDNN") || implementation.starts_with("cuBLASLt"));
}
inline bool follows_in_a_kernel(Activation activation) { return activation != Activation::linear && activation != Activation::relu; }

/// Half a unit in the last of bfloat16's 8 bits of each term, again and again where there are fewer of them than results; no activation that can
/// be fused makes it more.
inline Expected with_rounded(Expected e, const std::vector<double>& term) {
  for (std::size_t i = 0; i < e.allowed.size() && !term.empty(); ++i) e.allowed[i] += 0x1p-8 * std::abs(term[i % term.size()]);
  return e;
}

}  // namespace lehr::check
