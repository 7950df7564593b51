// keras_summary.h: what Keras's model.summary() prints, character for character (keras.src.utils.summary_utils, without colours).
#pragma once

#include <optional>
#include <string>

#include "layers/network.h"

namespace lehr {

/// Of a compiled model's optimizer: all of Keras's optimizer.variables.
struct OptimizerSize {
  std::int64_t parameters = 0, bytes = 0;
};

struct SummaryOptions {
  int terminal_columns = 80;
  std::optional<int> line_length = {};          ///< none: 88, or 108 where the layers are no chain, and at most the terminal's width less 4
  std::optional<OptimizerSize> optimizer = {};  ///< counted in the total, with a line of its own
};

/// Throws Error{usage} where the lines are too short for the columns.
std::string keras_summary(const BuiltNetwork& network, const SummaryOptions& options = {});

}  // namespace lehr
