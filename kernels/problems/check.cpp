#include "kernels/problems/check.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace lehr::check {
namespace {

using Bytes = std::vector<std::vector<unsigned char>>;

/// Runs a pass into fresh memory; the bytes of its results.
Bytes run_pass(const Case& on, const Pass& pass) {
  for (const Result& r : pass.results) r.memory->clear();
  if (pass.reset) pass.reset();
  on.backend().enter();
  pass.run();
  if (pass.finish) pass.finish();
  on.stream().synchronize();
  Bytes bytes;
  for (const Result& r : pass.results) bytes.push_back(r.memory->bytes());
  return bytes;
}

Bytes contents(const std::vector<const Guarded*>& memory) {
  Bytes bytes;
  for (const auto* m : memory) bytes.push_back(m->bytes());
  return bytes;
}

struct Checked {
  std::vector<Finding> findings;
  std::vector<Bytes> results;               ///< of each pass
  std::vector<std::vector<double>> values;  ///< of each finding: passes may share memory
  std::vector<Expected> expected;           ///< of each finding
};
Checked check_case(const Case& on, const Problem& problem) {
  Checked checked;
  for (const Pass& pass : on.passes()) {
    const auto operands = on.operands(pass);
    const Bytes before = contents(operands);
    checked.results.push_back(run_pass(on, pass));
    const bool only_results = on.guards_intact() && contents(operands) == before;
    const std::size_t begin = checked.findings.size();
    for (const Result& r : pass.results) {
      Expected e = r.expected();
      Finding f{.problem = problem.text(), .pass = pass.name, .result = r.name, .dtype = r.memory->dtype(), .worst = {}, .broken = {}};
      checked.values.push_back(r.memory->values());
      f.worst = compare(checked.values.back(), e.value, [&](std::size_t i) { return e.allowed[i]; });
      if (!only_results) f.broken.emplace_back("wrote something else than its results");
      checked.findings.push_back(std::move(f));
      checked.expected.push_back(std::move(e));
    }
    const Bytes again = run_pass(on, pass);
    for (std::size_t i = 0; i < again.size(); ++i)
      if (again[i] != checked.results.back()[i]) checked.findings[begin + i].broken.emplace_back("other bits when run again");
  }
  return checked;
}

/// What a CPU has in place of a GPU's choices: a key's first value counts.
Problem for_cpu(const Family& family, const Problem& problem) {
  std::string words;
  for (const std::string_view word : {"variant=automatic", "tf32=0"})
    if ((" " + std::string(family.keys) + " ").find(" " + std::string(word.substr(0, word.find('='))) + " ") != std::string::npos)
      words += std::string(word) + " ";
  return Problem(words + problem.text());
}

/// Empty where the CPU does not offer it.
std::optional<Case> case_on_cpu(const Family& family, const Problem& problem, Cpu& cpu) {
  const Problem there = for_cpu(family, problem);
  if (family.offered != nullptr && !family.offered(there, cpu)) return std::nullopt;
  return make_case(family, there, cpu);
}

/// In bfloat16 both have rounded, perhaps to neighbours.
double allowed_apart(DType dtype, double allowed) { return dtype == DType::bf16 ? 2 * allowed : allowed; }

}  // namespace

std::string Finding::text() const {
  std::ostringstream out;
  out << problem << " " << pass << " " << result << ": " << 100 * worst.used << " % of the tolerance";
  if (worst.used > 0) out << " (element " << worst.index << " is " << worst.got << ", float64 says " << worst.want << ")";
  if (beside) out << "; " << 100 * beside->used << " % of it from the CPU's";
  if (beside && beside->used > 0) out << " (element " << beside->index << " is " << beside->got << " and " << beside->want << " there)";
  for (const std::string& b : broken) out << "; " << b;
  return out.str();
}

std::vector<Finding> check_problem(const Family& family, const Problem& problem, Backend& backend) {
  return check_case(make_case(family, problem, backend), problem).findings;
}

std::vector<Finding> check_problem(const Family& family, const Problem& problem, Backend& backend, Cpu& cpu) {
  const Case on = make_case(family, problem, backend);
  Checked checked = check_case(on, problem);
  const auto beside = case_on_cpu(family, problem, cpu);
  if (!beside) return checked.findings;
  std::size_t at = 0;
  for (std::size_t p = 0; p < on.passes().size(); ++p) {
    const Pass& pass = on.passes()[p];
    const Pass* same = p < beside->passes().size() && beside->passes()[p].name == pass.name ? &beside->passes()[p] : nullptr;
    if (same != nullptr) run_pass(*beside, *same);
    for (const Result& r : pass.results) {
      Finding& f = checked.findings[at];
      const Expected& e = checked.expected[at];
      const std::vector<double>& got = checked.values[at++];
      if (same == nullptr) continue;
      const auto there = std::ranges::find(same->results, r.name, &Result::name);
      if (there == same->results.end()) continue;
      f.beside = compare(got, there->memory->values(), [&](std::size_t i) { return allowed_apart(f.dtype, e.allowed[i]); });
    }
  }
  return checked.findings;
}

std::vector<Finding> check_problem(const Family& family, const Problem& problem) {
  Cpu two(2);
  const Case on_two = make_case(family, problem, two);
  Checked checked = check_case(on_two, problem);
  if (std::ranges::none_of(on_two.passes(), &Pass::any_threads)) return checked.findings;
  for (const int threads : {1, 3}) {
    Cpu cpu(threads);
    const Case on = make_case(family, problem, cpu);
    auto finding = checked.findings.begin();
    for (std::size_t p = 0; p < on.passes().size(); ++p) {
      const Pass& pass = on.passes()[p];
      const Bytes got = pass.any_threads ? run_pass(on, pass) : checked.results[p];
      for (std::size_t i = 0; i < got.size(); ++i, ++finding)
        if (got[i] != checked.results[p][i]) finding->broken.push_back("other bits with " + std::to_string(threads) + " threads");
    }
  }
  return checked.findings;
}

FamilyCheck check_family(const Family& family, Backend& backend) {
  FamilyCheck check;
  const bool threads = backend.kind() == DeviceKind::cpu;
  for (const ProblemList& list : problem_lists()) {
    if (list.family != family.name || list.timed()) continue;
    for (const Problem& line : parse_problems(list.text))
      for (const Problem& problem : variations(family, line, backend)) {
        ++check.problems;
        for (const Finding& f : threads ? check_problem(family, problem) : check_problem(family, problem, backend)) {
          ++check.results;
          if (!f.holds()) check.failures.push_back(f);
          // Rounding to bfloat16 alone may use all of the tolerance.
          if (f.dtype != DType::bf16 && f.worst.used > check.worst.worst.used) check.worst = f;
        }
      }
  }
  return check;
}

}  // namespace lehr::check
