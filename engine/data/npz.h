// npz.h: named arrays in one zip, as numpy.savez writes and numpy.load reads them. Order is kept.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/array.h"

namespace lehr {

using NamedArrays = std::vector<std::pair<std::string, Array>>;

NamedArrays read_npz(const std::string& file);
/// Stored, or deflated as numpy.savez_compressed does. Atomic: written beside and renamed.
void write_npz(const std::string& file, const NamedArrays& arrays, bool compressed = false);
const Array* find_array(const NamedArrays& arrays, std::string_view name);  ///< null where there is none

}  // namespace lehr
