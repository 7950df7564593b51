// library_versions.h: what this program is linked with, as it runs.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lehr {

/// Name and version: ("oneDNN", "3.2.0"). A library that was left out of the build is not listed.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace lehr
