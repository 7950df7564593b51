// lehr bench overhead: what callbacks, logs, progress and checkpoints add to an epoch.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/commands/bench_overhead.h"
#include "engine/json.h"
#include "tune/overhead_bench.h"

namespace lehr {

namespace {

JsonValue epochs_json(const std::vector<EpochCost>& epochs) {
  std::vector<double> seconds, cpu;
  for (const EpochCost& e : epochs) seconds.push_back(e.seconds), cpu.push_back(e.cpu_s);
  return JsonValue::object({{"seconds", seconds}, {"cpu_s", cpu}});
}

}  // namespace

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
    const EpochCost bare = median_cost(r.bare), full = median_cost(r.full), added = median_cost(r.added);
    if (console.json) {
      console.out << JsonValue::object({{"net", flags->net},
                                        {"samples", r.samples},
                                        {"batch", r.batch},
                                        {"bare", epochs_json(r.bare)},
                                        {"full", epochs_json(r.full)},
                                        {"added", epochs_json(r.added)},
                                        {"bare_median_s", bare.seconds},
                                        {"full_median_s", full.seconds},
                                        {"added_s", added.seconds},
                                        {"added_share", added.seconds / bare.seconds},
                                        {"bare_median_cpu_s", bare.cpu_s},
                                        {"full_median_cpu_s", full.cpu_s},
                                        {"added_cpu_s", added.cpu_s}})
                         .text(2)
                  << '\n';
      return;
    }
    const auto [low, high] = std::ranges::minmax_element(r.bare, {}, &EpochCost::seconds);
    const auto [least, most] = std::ranges::minmax_element(r.added, {}, &EpochCost::seconds);
    console.out << fmt::format(
        "{}, {} samples in batches of {}: an epoch takes {:.4g} s bare ({:.4g} to {:.4g}) and {:.4g} s with callbacks, logs, progress and "
        "checkpoint\nadded, median of {} turns: {:+.2f} ms ({:+.2f} to {:+.2f}), {:+.2f} %; processor time {:+.2f} ms\n",
        flags->net, r.samples, r.batch, bare.seconds, low->seconds, high->seconds, full.seconds, r.added.size(), added.seconds * 1e3,
        least->seconds * 1e3, most->seconds * 1e3, 100 * added.seconds / bare.seconds, added.cpu_s * 1e3);
  });
}

}  // namespace lehr
