#include "kernels/problems/words.h"

#include <array>
#include <string>

#include "kernels/error.h"

namespace lehr {
namespace {

template <class Value, std::size_t n>
Value word_of(const Problem& problem, std::string_view key, Value otherwise,
              const std::array<std::pair<std::string_view, Value>, n>& known) {
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

}  // namespace

DType dtype_word(const Problem& problem, std::string_view key, DType otherwise) {
  return word_of(problem, key, otherwise,
                 std::to_array<std::pair<std::string_view, DType>>({{"float32", DType::f32}, {"bfloat16", DType::bf16}}));
}

Variant variant_word(const Problem& problem) {
  return word_of(problem, "variant", Variant::automatic,
                 std::to_array<std::pair<std::string_view, Variant>>(
                     {{"automatic", Variant::automatic}, {"library", Variant::library}, {"ours", Variant::ours}}));
}

Activation activation_word(const Problem& problem) {
  return word_of(problem, "activation", Activation::linear,
                 std::to_array<std::pair<std::string_view, Activation>>({{"linear", Activation::linear},
                                                                         {"relu", Activation::relu},
                                                                         {"relu6", Activation::relu6},
                                                                         {"sigmoid", Activation::sigmoid},
                                                                         {"tanh", Activation::tanh}}));
}

}  // namespace lehr
