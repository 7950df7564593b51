#include "engine/shape.h"

namespace lehr {

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const auto extent : extents_) product *= extent;
  return product;
}

Shape Shape::with_batch(std::int64_t batch) const {
  std::vector<std::int64_t> extents{batch};
  extents.insert(extents.end(), extents_.begin(), extents_.end());
  return Shape(std::move(extents));
}

Shape Shape::without_batch() const {
  return extents_.empty() ? Shape{} : Shape(std::vector<std::int64_t>(extents_.begin() + 1, extents_.end()));
}

std::string Shape::text() const {
  std::string out = "(";
  for (std::size_t i = 0; i < extents_.size(); ++i) out += (i == 0 ? "" : ", ") + std::to_string(extents_[i]);
  return out + (extents_.size() == 1 ? ",)" : ")");
}

}  // namespace lehr
