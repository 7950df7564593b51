// idx.h: the IDX files of MNIST, plain or gzip.  magic 0 0 TYPE RANK, extents as big-endian uint32, elements
#pragma once

#include <string>

#include "engine/array.h"

namespace lehr {

/// uint8 and int32 (and int8, int16, which become int32; float32, float64). Throws Error{data}.
Array read_idx(const std::string& file);

}  // namespace lehr
