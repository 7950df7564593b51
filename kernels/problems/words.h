// words.h: the values of a problem that are words.
#pragma once

#include <string>
#include <utility>

#include "kernels/activation.h"
#include "kernels/error.h"
#include "kernels/problem.h"
#include "kernels/variant.h"

namespace lehr {

/// The value that the word names; throws Error{usage} with all names.
template <class Value, std::size_t n>
Value word_of(const Problem& problem, std::string_view key, Value otherwise, const std::pair<std::string_view, Value> (&known)[n]) {
  if (!problem.has(key)) return otherwise;
  const auto word = problem.word(key, "");
  std::string names;
  for (const auto& [name, value] : known) {
    if (name == word) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw Error(
      {.category = Category::usage, .where = problem.text(), .what = std::string(key), .expected = names, .got = std::string(word)});
}

DType dtype_word(const Problem& problem, std::string_view key = "dtype", DType otherwise = DType::f32);
Variant variant_word(const Problem& problem);
Activation activation_word(const Problem& problem);  ///< throws Error{usage} for a name that Keras does not know

}  // namespace lehr
