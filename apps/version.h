// version.h: what this program is made of.
#pragma once

#include <string>

namespace lehr {

std::string version_text();
std::string version_json();
std::string program_version();  ///< "lehr 0.1.0, commit 1a2b3c": what checkpoints remember

}  // namespace lehr
