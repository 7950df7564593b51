// version.h: what this program is made of.
#pragma once

#include <string>

namespace lehr {

std::string version_text();
std::string version_json();

}  // namespace lehr
