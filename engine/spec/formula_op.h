// formula_op.h: the operations of a compiled formula.
#pragma once

#include <cstdint>

namespace lehr {

enum class FormulaOp : std::uint8_t {
  constant,
  epoch,
  step,
  lr,
  initial,
  epochs,
  negative,
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_and,
  logical_or,
  logical_not,
  choose,
  exp,
  log,
  log10,
  sqrt,
  sin,
  cos,
  tan,
  tanh,
  floor,
  ceil,
  round,
  abs,
  minimum,
  maximum
};

}  // namespace lehr
