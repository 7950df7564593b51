// keras_slots.h: what Keras's optimizers keep beside iteration and learning rate, in the order of their variables, and where it lies in a
// State:  averages of all weights · sums of all gradients · the optimizer's own
//   The own go variable by variable (Adam: m0, v0, m1, v1, ...) unless the optimizer keeps them plane by plane (RMSprop: all velocities, then
//   all momentums; amsgrad's maxima after all the others). Muon has no velocity of a matrix. Adafactor's are r, c, v: of a matrix, v follows
//   from r and c; of a vector, r and c are 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "optim/optimizer.h"

namespace lehr {

struct KerasSlot {
  std::string tensor = {};  ///< of the State, whose step this takes part in
  Shape shape = {};
  std::optional<std::int64_t> at = {};  ///< its first element within the State's slots; none: nothing of it is kept here
  bool product = false;                 ///< r c^T/mean(r), r and c being the two slots before it
};

/// `plane`: elements of a plane of the State's slots.
std::vector<KerasSlot> keras_slots(const Optimizer& optimizer, const std::vector<StateTensor>& tensors, std::int64_t plane);

}  // namespace lehr
