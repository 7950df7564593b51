#include "tune/callbacks/combination.h"

#include <fmt/format.h>

#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/callbacks/model_checkpoint.h"
#include "tune/callbacks/reduce_lr_on_plateau.h"
#include "tune/format.h"

namespace lehr {

namespace {

template <class T>
std::vector<const T*> all_of(const std::vector<CallbackSpec>& callbacks) {
  std::vector<const T*> out;
  for (const auto& callback : callbacks)
    if (const T* spec = callback.as<T>()) out.push_back(spec);
  return out;
}

void against_stopping(const ReduceLROnPlateau& plateau, const EarlyStopping& stopping, std::vector<std::string>& out) {
  if (plateau.monitor != stopping.monitor) return;
  if (plateau.patience >= std::max(stopping.patience, 1))
    out.push_back(fmt::format(
        "reduce_lr_on_plateau waits {} epochs and early_stopping only {}: the run stops before the rate is ever reduced; give the "
        "plateau less patience, or stopping more",
        plateau.patience, stopping.patience));
  else if (plateau.patience + plateau.cooldown >= stopping.patience)
    out.push_back(
        fmt::format("early_stopping (patience {}) ends the run {} epochs after a reduction (patience {}): the lower rate has hardly "
                    "been trained",
                    stopping.patience, stopping.patience - plateau.patience, plateau.patience));
  // Reductions come `patience` bad epochs after the best one, then every `period`; the run ends after stopping.patience of them. Where several
  // were trained, one more at the very end is no loss.
  const int period = plateau.patience + std::max(plateau.cooldown - 1, 0);
  if (period > 0 && stopping.patience == plateau.patience + period)
    out.push_back(fmt::format(
        "early_stopping (patience {}) ends the run in the very epoch that brings the second reduction (patience {}): no step is "
        "trained with that rate; give stopping more patience",
        stopping.patience, plateau.patience));
  if (plateau.min_delta != stopping.min_delta)
    out.push_back(
        fmt::format("reduce_lr_on_plateau counts changes above min_delta {} and early_stopping above {}: an epoch may be progress "
                    "for one and none for the other",
                    repr(plateau.min_delta), repr(stopping.min_delta)));
}

}  // namespace

std::vector<std::string> combination_warnings(const std::vector<CallbackSpec>& callbacks, const CombinationContext& context) {
  std::vector<std::string> out;
  const auto plateaus = all_of<ReduceLROnPlateau>(callbacks);
  const auto stoppings = all_of<EarlyStopping>(callbacks);
  const auto schedulers = all_of<LearningRateScheduler>(callbacks);
  for (const auto* plateau : plateaus)
    for (const auto* stopping : stoppings) against_stopping(*plateau, *stopping, out);
  if (!plateaus.empty() && (context.scheduled || !schedulers.empty()))
    out.emplace_back(
        "a schedule and reduce_lr_on_plateau both set the rate: in Keras the schedule overwrites the plateau; here the rate is schedule x "
        "plateau's factor, both logged");
  if (schedulers.size() > 1 || (context.scheduled && !schedulers.empty()))
    out.emplace_back("several schedules set the rate: the last one in the list wins at every epoch");
  for (const auto* stopping : stoppings)
    if (context.epochs > 0 && stopping->patience + stopping->start_from_epoch >= context.epochs)
      out.push_back(fmt::format("early_stopping with patience {} cannot stop a run of {} epochs", stopping->patience, context.epochs));
  for (const auto* plateau : plateaus)
    if (context.epochs > 0 && plateau->patience >= context.epochs)
      out.push_back(fmt::format("reduce_lr_on_plateau with patience {} cannot act in {} epochs", plateau->patience, context.epochs));
  return out;
}

}  // namespace lehr
