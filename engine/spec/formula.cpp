#include "engine/spec/formula.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "engine/spec/formula_op.h"

namespace lehr {

namespace {

using Op = FormulaOp;

double python_modulo(double a, double b) {
  const double remainder = std::fmod(a, b);
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double computed(Op op, std::span<const double> x, const FormulaValues& values, double constant) {
  switch (op) {
    case Op::constant:
      return constant;
    case Op::epoch:
      return values.epoch;
    case Op::step:
      return values.step;
    case Op::lr:
      return values.lr;
    case Op::initial:
      return values.initial;
    case Op::epochs:
      return values.epochs;
    case Op::negative:
      return -x[0];
    case Op::add:
      return x[0] + x[1];
    case Op::subtract:
      return x[0] - x[1];
    case Op::multiply:
      return x[0] * x[1];
    case Op::divide:
      return x[0] / x[1];
    case Op::floor_divide:
      return std::floor(x[0] / x[1]);
    case Op::modulo:
      return python_modulo(x[0], x[1]);
    case Op::power:
      return std::pow(x[0], x[1]);
    case Op::less:
      return x[0] < x[1];
    case Op::less_equal:
      return x[0] <= x[1];
    case Op::greater:
      return x[0] > x[1];
    case Op::greater_equal:
      return x[0] >= x[1];
    case Op::equal:
      return x[0] == x[1];
    case Op::not_equal:
      return x[0] != x[1];
    case Op::logical_and:
      return x[0] != 0 ? x[1] : x[0];
    case Op::logical_or:
      return x[0] != 0 ? x[0] : x[1];
    case Op::logical_not:
      return x[0] == 0;
    case Op::choose:
      return x[1] != 0 ? x[0] : x[2];
    case Op::exp:
      return std::exp(x[0]);
    case Op::log:
      return std::log(x[0]);
    case Op::log10:
      return std::log10(x[0]);
    case Op::sqrt:
      return std::sqrt(x[0]);
    case Op::sin:
      return std::sin(x[0]);
    case Op::cos:
      return std::cos(x[0]);
    case Op::tan:
      return std::tan(x[0]);
    case Op::tanh:
      return std::tanh(x[0]);
    case Op::floor:
      return std::floor(x[0]);
    case Op::ceil:
      return std::ceil(x[0]);
    case Op::round:
      return std::nearbyint(x[0]);
    case Op::abs:
      return std::fabs(x[0]);
    case Op::minimum:
      return *std::min_element(x.begin(), x.end());
    case Op::maximum:
      return *std::max_element(x.begin(), x.end());
  }
  return 0;
}

}  // namespace

// Children stand before their parents, so one pass in order needs no recursion. Both sides of a condition are computed: none has effects.
double Formula::operator()(const FormulaValues& values) const {
  std::vector<double> results;
  results.reserve(nodes_.size());
  std::vector<double> arguments;
  for (const auto& node : nodes_) {
    arguments.clear();
    for (const auto child : node.children) arguments.push_back(results[child]);
    results.push_back(computed(static_cast<Op>(node.operation), arguments, values, node.constant));
  }
  return results.back();
}

namespace {

bool holds(const std::vector<Formula::Node>& nodes, Op operation) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const Formula::Node& n) { return n.operation == static_cast<std::uint8_t>(operation); });
}

}  // namespace

bool Formula::uses_step() const { return holds(nodes_, Op::step); }
bool Formula::uses_rate() const { return holds(nodes_, Op::lr); }

}  // namespace lehr
