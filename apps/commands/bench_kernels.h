// bench_kernels.h: `lehr bench kernels`, which commands/bench.cpp adds beside `bench step`.
#pragma once

namespace CLI {
class App;
}

namespace lehr {

struct Console;
void add_bench_kernels(CLI::App& bench, Console& console);

}  // namespace lehr
