// make.h: spec + backend -> prepared operation.
#pragma once

#include <utility>

#include "kernels/backend.h"
#include "kernels/cpu.h"

namespace lehr {

template <class Spec>
using Prepared = decltype(make_on(std::declval<Cpu&>(), std::declval<const Spec&>()));

/// Prepare may allocate, choose and throw; run may do none of the three. Defined for the specs that make.cpp lists: there, and nowhere else,
/// is known which devices this build has. A family without an implementation for one of them is a link error.
template <class Spec>
Prepared<Spec> make(const Spec& spec, Backend& backend);

}  // namespace lehr
