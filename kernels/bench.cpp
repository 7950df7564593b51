#include "kernels/bench.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "kernels/cpu.h"
#include "kernels/problems/check.h"
#include "kernels/variant.h"
#ifdef LEHR_WITH_CUDA
#include "kernels/cuda.h"
#include "kernels/data_sheet.h"
#endif

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

Times time_pass(const check::Case& on, const check::Pass& pass, double seconds) {
  if (pass.reset) pass.reset();
  on.backend().enter();
  pass.run();  // what is prepared at first use
  on.stream().synchronize();
  const auto recording = on.backend().record(pass.run);
  if (recording == nullptr)
    return time_rounds(seconds, [&] {
      pass.run();
      on.stream().synchronize();
    });
  // Alone a run is mostly launch and wait, some 10 us on a GPU: a round is as many runs as take a millisecond.
  constexpr double round_s = 1e-3, most_runs = 200;
  int runs = 1;
  const auto round = [&] {
    for (int i = 0; i < runs; ++i) recording->launch(on.stream());
    on.stream().synchronize();
  };
  runs = static_cast<int>(std::clamp(round_s / time_rounds(0, round).fastest, 1.0, most_runs));
  const Times times = time_rounds(seconds, round);
  return {times.median / runs, times.fastest / runs};
}

BenchRow row_of(const check::Pass& pass, bool tf32, Times times, Roof& roof) {
  BenchRow row{.median_s = times.median, .fastest_s = times.fastest};
  row.gflops = pass.flops / times.median * 1e-9;
  row.gb_s = pass.bytes / times.median * 1e-9;
  row.roof_gflops = roof.flops(pass.dtype, tf32) * 1e-9;
  row.roof_gb_s = roof.bandwidth(pass.bytes) * 1e-9;
  row.roof_s = 1e-9 * std::max(row.roof_gflops > 0 ? pass.flops / row.roof_gflops : 0, pass.bytes / row.roof_gb_s);
  row.fraction_of_roof = row.roof_s / times.median;
  return row;
}

}  // namespace

double Roof::flops(DType dtype, [[maybe_unused]] bool tf32) {
#ifdef LEHR_WITH_CUDA
  if (backend_->kind() == DeviceKind::cuda) {
    const CudaDevice& gpu = static_cast<Cuda&>(*backend_).device();
    return data_sheet_flops(gpu, clock_hz(gpu), dtype, tf32);
  }
#endif
  if (compute_.f32_flops == 0) compute_ = measure_roofline(static_cast<Cpu&>(*backend_), seconds_, 1 << 20);
  return dtype == DType::bf16 ? compute_.bf16_flops : compute_.f32_flops;
}

double Roof::bandwidth(double bytes) {
  const std::size_t working_set = std::min(beyond_caches, std::bit_ceil(static_cast<std::size_t>(std::max(bytes, 4096.0))));
  auto known = bandwidths_.find(working_set);
  if (known == bandwidths_.end())
    known = bandwidths_
                .emplace(working_set, backend_->kind() == DeviceKind::cpu
                                          ? measure_bandwidth(static_cast<Cpu&>(*backend_), seconds_, working_set)
                                          : measure_copy_bandwidth(*backend_, seconds_, working_set))
                .first;
  return known->second;
}

std::vector<std::string> bench_families() {
  std::vector<std::string> names;
  for (const check::Family& f : check::families()) names.emplace_back(f.name);
  return names;
}

void check_family_name(std::string_view family) { check::family_of(family); }

std::vector<BenchRow> bench_problem(Backend& backend, std::string_view family, const Problem& problem, Roof& roof, double seconds) {
  backend.enter();
  const check::Case on = check::make_case(check::family_of(family), problem, backend);
  const auto wanted = problem.word("pass", "");
  std::vector<BenchRow> rows;
  for (const check::Pass& pass : on.passes()) {
    if (wanted.empty() ? !pass.timed : pass.name != wanted) continue;
    rows.push_back(row_of(pass, problem.number("tf32", 0) != 0, time_pass(on, pass, seconds), roof));
    rows.back().family = family;
    rows.back().problem = wanted.empty() ? problem.with("pass=" + pass.name).text() : problem.text();
    rows.back().variant = on.variant;
    rows.back().device = backend.name();
  }
  return rows;
}

std::vector<Problem> problem_by_variants(Backend& backend, std::string_view family, const Problem& problem) {
  const check::Family& f = check::family_of(family);
  std::vector<Problem> all;
  if (!problem.has("variant") && (" " + std::string(f.keys) + " ").find(" variant ") != std::string::npos)
    for (const Variant v : {Variant::library, Variant::ours, Variant::naive, Variant::tiled, Variant::registers, Variant::tensor}) {
      if (v == Variant::ours && backend.kind() == DeviceKind::cuda) continue;  // is one of the rungs that follow
      const Problem one = problem.with("variant=" + std::string(name_of(v)));
      if (f.offered(one, backend)) all.push_back(one);
    }
  if (all.empty()) all.push_back(problem);
  return all;
}

Problem problem_in(std::string_view family, const Problem& problem, const BenchPrecision& precision) {
  const std::string keys = " " + std::string(check::family_of(family).keys) + " ";
  Problem out = problem;
  const auto say = [&](const std::string& key, const std::string& value) {
    if (keys.find(" " + key + " ") != std::string::npos && !problem.has(key)) out = out.with(key + "=" + value);
  };
  const std::vector<std::string> operands = family == "matmul"   ? std::vector<std::string>{"a", "b", "c"}
                                            : family == "gather" ? std::vector<std::string>{"to"}
                                                                 : std::vector<std::string>{"dtype"};
  if (precision.dtype != DType::f32)
    for (const auto& operand : operands) say(operand, std::string(name_of(precision.dtype)));
  if (precision.tf32) say("tf32", "1");
  return out;
}

void bench_family(Backend& backend, std::string_view family, Roof& roof, double seconds, bool by_variants, const BenchPrecision& precision,
                  const std::function<void(const BenchRow&)>& row) {
  const check::Family& f = check::family_of(family);
  for (const ProblemList& list : problem_lists())
    if (list.family == f.name && list.timed())
      for (const Problem& written : parse_problems(list.text)) {
        const Problem line = problem_in(family, written, precision);
        for (const Problem& problem : by_variants ? problem_by_variants(backend, family, line) : std::vector<Problem>{line})
          for (const BenchRow& r : bench_problem(backend, family, problem, roof, seconds)) row(r);
      }
}

KernelCheck check_kernels(std::string_view family, Backend& backend) {
  const check::FamilyCheck checked = check::check_family(check::family_of(family), backend);
  KernelCheck out{
      .problems = checked.problems, .results = checked.results, .worst = checked.worst.worst.used, .worst_text = checked.worst.text()};
  for (const check::Finding& f : checked.failures) out.failures.push_back(f.text());
  return out;
}

}  // namespace lehr
