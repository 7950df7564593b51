// lehr bench step: one whole training step, timed, with the floor beside it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/commands/bench_kernels.h"
#include "apps/commands/bench_overhead.h"
#include "apps/console.h"
#include "engine/json.h"
#include "tune/step_bench.h"

namespace lehr {

namespace {

JsonValue operations_json(const std::vector<OperationTime>& rows) {
  JsonValue list = JsonValue::array();
  for (const auto& row : rows)
    list.push_back(JsonValue::object({{"operation", row.name},
                                      {"layer", row.layer},
                                      {"median_s", row.median_s},
                                      {"alone_s", row.alone_s},
                                      {"flop", row.flops},
                                      {"bytes", row.bytes}}));
  return list;
}

std::string operations_table(const std::vector<OperationTime>& rows) {
  double sum = 0;
  for (const auto& row : rows) sum += row.median_s;
  std::string text = fmt::format("{:>10} {:>6} {:>9} {:>7}  operation\n", "ms", "share", "GFLOP/s", "GB/s");
  for (const auto& row : rows)
    text += fmt::format("{:10.4f} {:5.1f}% {:9.1f} {:7.1f}  {} {}\n", row.median_s * 1e3, 100 * row.median_s / sum,
                        row.flops / row.median_s * 1e-9, row.bytes / row.median_s * 1e-9, row.name, row.layer);
  return text + fmt::format("{:10.4f}  sum over the operations, each waited for\n", sum * 1e3);
}

}  // namespace

void add_bench(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("bench", "how fast, beside the floor");
  command->require_subcommand(1);
  add_bench_kernels(*command, console);
  add_bench_overhead(*command, console);
  auto* step = command->add_subcommand("step", "a training step of vgg16, cifar or mlp");
  struct Flags {
    FitJob job;
    StepBench bench;
  };
  auto flags = std::make_shared<Flags>();
  step->add_option("net", flags->bench.net, "vgg16, cifar or mlp")->required();
  step->add_option("--batch", flags->bench.batch, "samples a step; default 32 (cifar: 128)");
  step->add_option("--steps", flags->bench.steps, "at most; default: as many as fit in 10 s");
  step->add_option("--seconds", flags->bench.seconds, "to spend on them; three steps at least")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  step->add_flag("--operations", flags->bench.operations, "also a row for each operation of the step: time, GFLOP/s, GB/s");
  add_common_flags(*step, console, flags->job);
  step->callback([&console, flags] {
    flags->bench.precision = precision_of(flags->job.precision);
    const auto [backend, note] = open_device(flags->job);
    if (!note.empty() && !console.quiet) console.err << note << '\n';
    const StepBenchResult r = run_step_bench(flags->bench, *backend);
    if (console.json) {
      auto document = JsonValue::object({{"net", flags->bench.net},
                                         {"device", backend->name()},
                                         {"precision", flags->job.precision},
                                         {"batch", r.batch},
                                         {"steps", r.steps},
                                         {"median_s", r.median_s},
                                         {"min_s", r.min_s},
                                         {"flop_per_step", r.flop_per_step},
                                         {"floor_s", r.floor_s}});
      if (flags->bench.operations) {
        document["operations"] = operations_json(r.operations);
        document["convolutions_alone_s"] = r.convolutions_alone_s;
      }
      console.out << document.text(2) << '\n';
      return;
    }
    console.out << fmt::format(
        "{} {}, batch {}: median {:.4g} ms, fastest {:.4g} ms over {} steps; {:.4g} GFLOP a step, {:.4g} GFLOP/s; floor {:.4g} ms\n",
        flags->bench.net, flags->job.precision, r.batch, r.median_s * 1e3, r.min_s * 1e3, r.steps, r.flop_per_step / 1e9,
        r.flop_per_step / r.median_s / 1e9, r.floor_s * 1e3);
    if (flags->bench.operations) console.out << operations_table(r.operations);
    if (r.convolutions_alone_s > 0)
      console.out << fmt::format("{:10.4f}  sum of the convolutions, each run alone: {:.0f} % of the step's median\n",
                                 r.convolutions_alone_s * 1e3, 100 * r.convolutions_alone_s / r.median_s);
  });
}

}  // namespace lehr
