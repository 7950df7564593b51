#include "optim/schedule_catalogue.h"

#include <algorithm>

#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "optim/epoch_schedules.h"
#include "optim/keras_schedules.h"
#include "optim/ramps.h"

namespace lehr {

const Catalogue<Schedule>& schedule_catalogue() {
  using C = Catalogue<Schedule>;
  static const C list(
      "schedule", {C::entry<TimeBasedDecay>(), C::entry<StepDecay>(), C::entry<Exponential>(), C::entry<Linear>(), C::entry<Polynomial>(),
                   C::entry<Cosine>(), C::entry<Constant>(), C::entry<FormulaSchedule>(), C::entry<Warmup>(), C::entry<OneCycle>(),
                   C::entry<ExponentialDecay>(), C::entry<PiecewiseConstantDecay>(), C::entry<PolynomialDecay>(),
                   C::entry<InverseTimeDecay>(), C::entry<CosineDecay>(), C::entry<CosineDecayRestarts>({"cosine_restarts"})});
  return list;
}

namespace {

/// `min(lr, 0.1)` and `lr` look like names but are formulas.
bool is_formula(const SpecValue& value) {
  if (value.is(SpecKind::string)) return true;
  if (!value.named()) return false;
  static const std::vector<std::string> own{"epoch", "step", "lr",   "initial", "epochs", "pi",    "exp", "log", "log10", "sqrt", "sin",
                                            "cos",   "tan",  "tanh", "floor",   "ceil",   "round", "abs", "pow", "min",   "max"};
  if (std::find(own.begin(), own.end(), value.text) != own.end()) return true;
  return value.is(SpecKind::word) && value.text.find_first_of("+-*/%<>=()") != std::string::npos;
}

}  // namespace

Schedule schedule_from(const SpecValue& value) {
  if (value.is(SpecKind::number)) return Constant{.initial = value.number};
  if (!schedule_catalogue().knows(value) && is_formula(value)) return FormulaSchedule{.expression = value.written()};
  return schedule_catalogue().from(value);
}

Schedule schedule_from_text(std::string_view text, std::string_view what) { return schedule_from(parse_spec(text, what)); }

}  // namespace lehr
