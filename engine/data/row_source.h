// row_source.h: samples that stay on disk until someone asks for them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/shape.h"
#include "kernels/dtype.h"

namespace lehr {

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::int64_t rows() const = 0;
  virtual Shape sample_shape() const = 0;
  virtual DType dtype() const = 0;
  /// Fills `out` (one sample's bytes). May be called from many threads at once; throws Error{data} naming the file.
  virtual void read(std::int64_t row, std::span<std::byte> out) const = 0;
  virtual std::string describe(std::int64_t row) const = 0;  ///< the file a row comes from
};

}  // namespace lehr
