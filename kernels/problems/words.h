// words.h: the values of a problem that are words.
#pragma once

#include "kernels/activation.h"
#include "kernels/problem.h"
#include "kernels/variant.h"

namespace lehr {

DType dtype_word(const Problem& problem, std::string_view key, DType otherwise);
Variant variant_word(const Problem& problem);
Activation activation_word(const Problem& problem);  ///< one that can be fused

}  // namespace lehr
