// progbar_logger.h: Keras's progress bar on stdout, for fits from C++. A run that is shown already is not shown twice.
#pragma once

#include "tune/callback.h"

namespace lehr {

struct ProgbarLogger {
  static constexpr SpecInfo info{.name = "progbar_logger",
                                 .class_name = "ProgbarLogger",
                                 .summary = "shows progress and metrics",
                                 .formula = "a bar on a terminal, a line an epoch elsewhere; nothing where the run is shown already"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
std::unique_ptr<Callback> make_callback(const ProgbarLogger& spec);

}  // namespace lehr
