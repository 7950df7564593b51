// lehr bench overhead: what callbacks, logs, progress and checkpoints add to an epoch.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/commands/bench_overhead.h"
#include "engine/json.h"
#include "tune/overhead_bench.h"

namespace lehr {

void add_bench_overhead(CLI::App& bench, Console& console) {
  auto* command = bench.add_subcommand("overhead", "what callbacks, logs, progress and checkpoints add to an epoch of mlp or cifar");
  auto flags = std::make_shared<OverheadBench>();
  command->add_option("net", flags->net, "mlp or cifar")->required();
  command->add_option("--samples", flags->samples, "of an epoch; default: 60,000 (cifar: 50,000)");
  command->add_option("--epochs", flags->epochs, "timed a turn")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--turns", flags->turns, "bare and full, one after the other")->capture_default_str()->check(CLI::PositiveNumber);
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] {
    if (!flags->job.run.empty()) flags->folder = flags->job.run;
    const OverheadResult r = run_overhead_bench(*flags);
    const double added = r.full() - r.bare();
    if (console.json) {
      console.out << JsonValue::object({{"net", flags->net},
                                        {"samples", r.samples},
                                        {"batch", r.batch},
                                        {"bare_s", r.bare_s},
                                        {"full_s", r.full_s},
                                        {"bare_median_s", r.bare()},
                                        {"full_median_s", r.full()},
                                        {"added_s", added},
                                        {"added_share", added / r.bare()}})
                         .text(2)
                  << '\n';
      return;
    }
    const auto [low, high] = std::minmax_element(r.bare_s.begin(), r.bare_s.end());
    console.out << fmt::format(
        "{}, {} samples in batches of {}: an epoch takes {:.4g} s bare ({:.4g} to {:.4g}) and {:.4g} s with callbacks, logs, progress and "
        "checkpoint: {:+.2f} ms, {:+.2f} %\n",
        flags->net, r.samples, r.batch, r.bare(), *low, *high, r.full(), added * 1e3, 100 * added / r.bare());
  });
}

}  // namespace lehr
