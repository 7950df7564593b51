// bench_overhead.h: `lehr bench overhead`.
#pragma once

#include "apps/console.h"

namespace lehr {

void add_bench_overhead(CLI::App& bench, Console& console);

}  // namespace lehr
