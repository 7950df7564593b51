#include "kernels/bench.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "kernels/problems/check.h"

namespace lehr {
namespace {

struct Times {
  double median = 0, fastest = 0;
};
Times time_rounds(double seconds, const std::function<void()>& round) {
  using Clock = std::chrono::steady_clock;
  round();
  std::vector<double> times;
  const auto start = Clock::now();
  do {
    const auto begin = Clock::now();
    round();
    times.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  } while (times.size() < 5 || std::chrono::duration<double>(Clock::now() - start).count() < seconds);
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return {times[times.size() / 2], std::ranges::min(times)};
}

BenchRow row_of(const check::Pass& pass, Times times, Roof& roof) {
  BenchRow row{.median_s = times.median, .fastest_s = times.fastest};
  row.gflops = pass.flops / times.median * 1e-9;
  row.gb_s = pass.bytes / times.median * 1e-9;
  row.roof_gflops = roof.flops(pass.dtype) * 1e-9;
  row.roof_gb_s = roof.bandwidth(pass.bytes) * 1e-9;
  row.roof_s = 1e-9 * std::max(pass.flops / row.roof_gflops, pass.bytes / row.roof_gb_s);
  row.fraction_of_roof = row.roof_s / times.median;
  return row;
}

}  // namespace

double Roof::flops(DType dtype) {
  if (compute_.f32_flops == 0) compute_ = measure_roofline(*cpu_, seconds_, 1 << 20);
  return dtype == DType::bf16 ? compute_.bf16_flops : compute_.f32_flops;
}

double Roof::bandwidth(double bytes) {
  const std::size_t working_set = std::min(beyond_caches, std::bit_ceil(static_cast<std::size_t>(std::max(bytes, 4096.0))));
  auto known = bandwidths_.find(working_set);
  if (known == bandwidths_.end()) known = bandwidths_.emplace(working_set, measure_bandwidth(*cpu_, seconds_, working_set)).first;
  return known->second;
}

std::vector<std::string> bench_families() {
  std::vector<std::string> names;
  for (const check::Family& f : check::families()) names.emplace_back(f.name);
  return names;
}

void check_family_name(std::string_view family) { check::family_of(family); }

std::vector<BenchRow> bench_problem(Cpu& cpu, std::string_view family, const Problem& problem, Roof& roof, double seconds) {
  cpu.enter();
  const check::Case on = check::make_case(check::family_of(family), problem, cpu);
  const auto wanted = problem.word("pass", "");
  std::vector<BenchRow> rows;
  for (const check::Pass& pass : on.passes()) {
    if (wanted.empty() ? !pass.timed : pass.name != wanted) continue;
    if (pass.reset) pass.reset();
    rows.push_back(row_of(pass,
                          time_rounds(seconds,
                                      [&] {
                                        pass.run();
                                        on.stream().synchronize();
                                      }),
                          roof));
    rows.back().family = family;
    rows.back().problem = wanted.empty() ? problem.with("pass=" + pass.name).text() : problem.text();
    rows.back().variant = on.variant;
    rows.back().device = cpu.name();
  }
  return rows;
}

void bench_family(Cpu& cpu, std::string_view family, Roof& roof, double seconds, const std::function<void(const BenchRow&)>& row) {
  const check::Family& f = check::family_of(family);
  for (const ProblemList& list : problem_lists())
    if (list.family == f.name && list.timed())
      for (const Problem& problem : parse_problems(list.text))
        for (const BenchRow& r : bench_problem(cpu, family, problem, roof, seconds)) row(r);
}

KernelCheck check_kernels(std::string_view family) {
  const check::FamilyCheck checked = check::check_family(check::family_of(family));
  KernelCheck out{
      .problems = checked.problems, .results = checked.results, .worst = checked.worst.worst.used, .worst_text = checked.worst.text()};
  for (const check::Finding& f : checked.failures) out.failures.push_back(f.text());
  return out;
}

}  // namespace lehr
