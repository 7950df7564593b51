#include "kernels/problems/words.h"

namespace lehr {

DType dtype_word(const Problem& problem, std::string_view key, DType otherwise) {
  return word_of<DType>(
      problem, key, otherwise,
      {{"float32", DType::f32}, {"bfloat16", DType::bf16}, {"uint8", DType::u8}, {"int32", DType::i32}, {"float64", DType::f64}});
}

Variant variant_word(const Problem& problem) {
  return word_of<Variant>(problem, "variant", Variant::automatic,
                          {{"automatic", Variant::automatic},
                           {"library", Variant::library},
                           {"ours", Variant::ours},
                           {"naive", Variant::naive},
                           {"tiled", Variant::tiled},
                           {"registers", Variant::registers},
                           {"tensor", Variant::tensor}});
}

Activation activation_word(const Problem& problem) {
  const auto word = problem.word("activation", "linear");
  if (const auto activation = activation_of(word)) return *activation;
  throw Error({.category = Category::usage,
               .where = problem.text(),
               .what = "activation",
               .expected = "one of keras.activations",
               .got = std::string(word)});
}

}  // namespace lehr
