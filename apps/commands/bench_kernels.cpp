// lehr bench kernels: how fast every operation is, with the roof beside each figure; --check compares with float64 first.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/commands/bench_kernels.h"
#include "apps/console.h"
#include "engine/atomic_file.h"
#include "engine/json.h"
#include "kernels/bench.h"
#include "kernels/cpu.h"
#include "kernels/error.h"
#include "tune/kernel_report.h"

namespace lehr {
namespace {

struct Flags {
  FitJob job;
  std::vector<std::string> families;
  std::string problem, csv;
  std::vector<std::string> pictures;
  double seconds = 0.2;
  bool check = false, variants = false;
};

JsonValue row_json(const BenchRow& r) {
  return JsonValue::object({{"family", r.family},
                            {"problem", r.problem},
                            {"variant", r.variant},
                            {"device", r.device},
                            {"median_s", r.median_s},
                            {"gflops", r.gflops},
                            {"gb_s", r.gb_s},
                            {"fraction_of_roof", r.fraction_of_roof}});
}

/// The machine, and what the columns are.
std::string heading(const Backend& backend) {
  std::string left_out;
  if (!with_onednn()) left_out += "This build has no oneDNN.\n";
  if (!with_cuda()) left_out += "This build has no CUDA backend.\n";
  return fmt::format(
      "{}. Beside each figure its roof: {}, and the measured bandwidth of {} of that size.\n{}"
      "{:>10} {:>10} {:>10} {:>7}  {:>8} {:>8}  {:>7} {:>7}\n",
      backend.name(), backend.kind() == DeviceKind::cpu ? "peak arithmetic, measured" : "the data sheet's arithmetic",
      backend.kind() == DeviceKind::cpu ? "a working set" : "a copy", left_out, "median ms", "fastest", "roof ms", "reached", "GFLOP/s",
      "roof", "GB/s", "roof");
}
std::string row_text(const BenchRow& r) {
  const std::string arithmetic =
      r.gflops > 0 ? fmt::format("{:8.1f} {:8.1f}", r.gflops, r.roof_gflops) : fmt::format("{:>8} {:>8}", "-", "-");
  const bool says = r.variant != "ours" && r.problem.find("variant=") == std::string::npos;
  return fmt::format("{:10.4f} {:10.4f} {:10.4f} {:6.1f}%  {}  {:7.1f} {:7.1f}  {} {}{}\n", r.median_s * 1e3, r.fastest_s * 1e3,
                     r.roof_s * 1e3, 100 * r.fraction_of_roof, arithmetic, r.gb_s, r.roof_gb_s, r.family, r.problem,
                     says ? " (" + r.variant + ")" : "");
}

/// One line a family on stderr; throws Error{failed} where a result does not hold.
void check(const std::vector<std::string>& families, Backend& backend, Console& console) {
  std::string failures;
  std::size_t count = 0;
  for (const std::string& family : families) {
    const KernelCheck checked = check_kernels(family, backend);
    if (!console.quiet)
      console.err << fmt::format("{:<16} {:>4} problems, {:>4} results: {}\n", family, checked.problems, checked.results,
                                 checked.failures.empty()
                                     ? fmt::format("all hold, at most {:.0f} % of the tolerance used", 100 * checked.worst)
                                     : fmt::format("{} do not hold", checked.failures.size()));
    for (const std::string& failure : checked.failures) {
      if (++count <= 5) failures += (failures.empty() ? "" : "; ") + family + " " + failure;
    }
  }
  if (count > 0)
    throw Error({.category = Category::failed,
                 .where = "bench kernels --check",
                 .what = fmt::format("{} results differ from float64 or break a promise", count),
                 .got = failures});
}

void bench_kernels_command(const Flags& flags, Console& console) {
  const OpenedDevice device = open_device(flags.job);
  if (!device.note.empty() && !console.quiet) console.err << device.note << '\n';
  Backend& backend = *device.backend;
  const auto families = flags.families.empty() ? bench_families() : flags.families;
  if (!flags.problem.empty() && flags.families.size() != 1)
    throw Error({.category = Category::usage,
                 .where = "--problem",
                 .what = "belongs to one family",
                 .expected = "bench kernels FAMILY --problem '...'"});
  for (const std::string& family : families) check_family_name(family);
  for (const std::string& picture : flags.pictures) check_picture_name(picture);
  if (flags.check) check(families, backend, console);
  const Precision asked = precision_of(flags.job.precision);
  const BenchPrecision precision{.dtype = asked == Precision::mixed_bfloat16 ? DType::bf16 : DType::f32, .tf32 = asked == Precision::tf32};
  Roof roof(backend);
  std::vector<BenchRow> rows;
  const auto row = [&](const BenchRow& r) {
    if (!console.json) console.out << (rows.empty() ? heading(backend) : "") << row_text(r) << std::flush;
    rows.push_back(r);
  };
  for (const std::string& family : families) {
    if (flags.problem.empty()) {
      bench_family(backend, family, roof, flags.seconds, flags.variants, precision, row);
      continue;
    }
    const Problem given = problem_in(family, Problem(flags.problem), precision);
    for (const Problem& problem : flags.variants ? problem_by_variants(backend, family, given) : std::vector<Problem>{given})
      for (const BenchRow& r : bench_problem(backend, family, problem, roof, flags.seconds)) row(r);
  }
  if (console.json) {
    JsonValue document = JsonValue::array();
    for (const BenchRow& r : rows) document.push_back(row_json(r));
    console.out << document.text(2) << '\n';
  }
  if (!flags.csv.empty()) write_file_atomically(flags.csv, kernel_csv(rows));
  for (const std::string& picture : flags.pictures) write_kernel_picture(rows, picture);
}

}  // namespace

void add_bench_kernels(CLI::App& bench, Console& console) {
  auto* command = bench.add_subcommand("kernels", "every operation, beside what the machine could do");
  auto flags = std::make_shared<Flags>();
  command->add_option("family", flags->families, "conv2d, matmul, pool2d ...; default: all");
  command->add_flag("--check", flags->check, "first compare with float64: exit 1 where a result does not hold");
  command->add_option("--problem", flags->problem,
                      "one problem instead of the family's lists, e.g. 'n=32 h=50 w=50 c=64 f=64 k=3 pad=1 pass=forward'");
  command->add_flag("--variants", flags->variants, "convolutions and products by each implementation, side by side");
  command->add_option("--csv", flags->csv, "the rows, as a file of commas");
  command->add_option("--picture", flags->pictures, "how much of its roof each operation reaches: a file ending in .svg or .png");
  command->add_option("--seconds", flags->seconds, "an operation, at least five rounds")->capture_default_str();
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { bench_kernels_command(*flags, console); });
}

}  // namespace lehr
