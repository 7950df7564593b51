// make.h: spec + backend -> prepared operation. The linker is the registry: a family without an implementation for a device is a link
// error.
#pragma once

#include "kernels/backend.h"
#include "kernels/cpu.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#endif

namespace lehr {

/// Prepare may allocate, choose and throw; run may do none of the three. `make_on(Cpu&, spec)` is found by argument lookup.
template <class Spec>
auto make(const Spec& spec, Backend& backend) {
  backend.enter();
#ifdef LEHR_WITH_CUDA
  if (backend.kind() == DeviceKind::cuda) return make_on(static_cast<Cuda&>(backend), spec);
#endif
  return make_on(static_cast<Cpu&>(backend), spec);
}

}  // namespace lehr
