#include "layers/numbers.h"

namespace lehr {

// Keras saves what broadcasts, [[[[m_1, m_2, m_3]]]], as well as plain lists.
Numbers SpecConvert<Numbers>::from(const SpecValue& value) {
  Numbers out;
  for (const auto& item : spec_elements(value)) {
    if (item.is(SpecKind::list)) {
      const auto inner = from(item).values;
      out.values.insert(out.values.end(), inner.begin(), inner.end());
    } else {
      out.values.push_back(spec_number(item));
    }
  }
  return out;
}
SpecValue SpecConvert<Numbers>::to(const Numbers& numbers) {
  if (numbers.values.size() == 1) return SpecValue::of(numbers.values[0]);
  std::vector<SpecValue> list;
  for (const double v : numbers.values) list.push_back(SpecValue::of(v));
  return SpecValue::of(std::move(list));
}

}  // namespace lehr
