// cuda_version.h: which CUDA runtime is linked into this program.
#pragma once

#include <string>

namespace lehr {

/// "13.0"; empty in a build without it.
std::string cuda_runtime_version();

}  // namespace lehr
