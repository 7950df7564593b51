// keras_optimizer.h: an optimizer's state as Keras's optimizer.variables, and back.
//   iteration (int64) · learning_rate (float32; absent under a schedule) · what keras_slots.h lists · Nadam's momentum product
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/keras_summary.h"
#include "tune/model.h"
#include "weights/tensor_file.h"

namespace lehr {

/// Of this optimizer after `iterations` steps at `rate`, its slots in the State.
OptimizerVariables optimizer_variables(const Optimizer& optimizer, const State& state, double rate);

/// The variables are of this optimizer over the State's trainable weights, or of one that never stepped.
bool optimizer_fits(const OptimizerVariables& variables, const Optimizer& optimizer, const State& state);
/// What model.summary() counts of the optimizer once Keras has loaded the compiled model: the file's variables; of an optimizer that never
/// stepped, those that loading makes; of an .h5 file only those that are of no weight, as Keras builds the optimizer of such a file over none
/// of the model's weights (keras/src/legacy/saving/legacy_h5_format.py). None where the file names no optimizer or holds none of its variables.
std::optional<OptimizerSize> optimizer_size(const TensorFile& file, const BuiltNetwork& network);

/// Puts slots and step back into the State. A file of an optimizer that never stepped leaves fresh slots. Error{data} names what does not fit.
void restore_optimizer(const OptimizerVariables& variables, const Optimizer& optimizer, State& state, const std::string& source);
/// The optimizer's state of a .weights.h5 or .keras file into a built model: training goes on where it was. False: the file has none.
bool load_optimizer_state(Model& model, const std::string& file);

}  // namespace lehr
