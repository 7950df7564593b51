// file.h: whole files as bytes. Reading names the file in its errors; writing is engine/atomic_file.h's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lehr {

std::vector<std::byte> read_bytes(const std::string& file);

}  // namespace lehr
