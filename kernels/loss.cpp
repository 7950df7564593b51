#include "kernels/loss.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const LossSpec& spec) {
  if (spec.kind == LossKind::sparse_categorical_crossentropy && !spec.from_logits && spec.label_smoothing != 0)
    throw Error({.category = Category::usage,
                 .where = "sparse_categorical_crossentropy",
                 .what = "label smoothing needs logits here",
                 .expected = "label_smoothing 0",
                 .got = std::to_string(spec.label_smoothing),
                 .hint = "Use categorical_crossentropy with one-hot labels."});
}

}  // namespace lehr
