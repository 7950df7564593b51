#include "tune/sample_weights.h"

#include <algorithm>
#include <cmath>

#include "kernels/error.h"

namespace lehr {

Array sample_weights_of(std::span<const float> class_weights, const Array& y) {
  Array out({y.rows()}, DType::f32);
  const auto columns = static_cast<std::size_t>(y.row_elements());
  const auto class_of = [&](std::size_t row) -> std::ptrdiff_t {
    if (y.dtype() == DType::i32) return y.as<std::int32_t>()[row];
    const auto values = y.as<float>().subspan(row * columns, columns);
    if (columns == 1) return std::lround(std::clamp(values[0], -1.0F, 1e9F));
    return std::max_element(values.begin(), values.end()) - values.begin();
  };
  for (std::size_t row = 0; row < out.count(); ++row) {
    const std::ptrdiff_t id = class_of(row);
    out.as<float>()[row] = id >= 0 && id < std::ssize(class_weights) ? class_weights[static_cast<std::size_t>(id)] : 1.0F;
  }
  return out;
}

void check_weights(std::span<const float> class_weights, const Dataset& data) {
  if (class_weights.empty() || data.sample_weights.empty()) return;
  throw Error({.category = Category::usage,
               .where = data.name,
               .what = "its rows have weights of their own, and its classes are to have some, too",
               .expected = "sample weights, or --class-weight"});
}

}  // namespace lehr
