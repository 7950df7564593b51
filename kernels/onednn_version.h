// onednn_version.h: which oneDNN does convolutions and products here.
#pragma once

#include <string>

namespace lehr {

/// "3.2.0", as it runs; empty in a build without it.
std::string onednn_version();

}  // namespace lehr
