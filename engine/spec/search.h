// search.h: the values to be searched in a spec: `dense(units:int(32, 512, step=32), act:choice(relu, tanh))`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/spec/value.h"

namespace lehr {

/// In the order of the text; those inside an alternative of a choice come after that choice.
std::vector<const SpecValue*> searched_values(const SpecValue& tree);

/// The tree with every searched value replaced by what `choose` answers for it; an answer may hold searched values itself
/// (`opt:choice(sgd(lr:float(…)), adam)`), which are chosen in turn.
SpecValue with_chosen(const SpecValue& tree, const std::function<SpecValue(const SpecValue& searched)>& choose);

/// The tree with `suffix` behind the name of every searched value: the copies of repeat(…) search f_0, f_1, …
SpecValue with_suffix(const SpecValue& tree, std::string_view suffix);

}  // namespace lehr
