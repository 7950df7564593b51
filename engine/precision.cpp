#include "engine/precision.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::mixed_bfloat16:
      return "mixed_bfloat16";
    case Precision::tf32:
      return "tf32";
    default:
      return "float32";
  }
}

Precision precision_of(std::string_view name) {
  for (const auto p : {Precision::float32, Precision::mixed_bfloat16, Precision::tf32})
    if (name == name_of(p)) return p;
  throw Error({.category = Category::usage,
               .where = "--precision",
               .what = "unknown precision",
               .expected = "float32, tf32 or mixed_bfloat16",
               .got = std::string(name)});
}

}  // namespace lehr
