// run() of a prepared operation allocates nothing; what oneDNN allocates for itself is its own affair.
#include "kernels/problems/families.h"
#include "tests/check/count_allocations.h"
#include "tests/check/op.h"

namespace lehr {

TEST_CASE("no operation of any family allocates while it runs") {
  if (!check::counts_allocations) return;
  Cpu cpu(2);
  for (const check::Family& family : check::families())
    for (const ProblemList& list : problem_lists()) {
      if (list.family != family.name || list.name != "tails") continue;
      for (const Problem& line : parse_problems(list.text)) {
        // Both variants where there are two; other axes change no code that could allocate.
        for (const char* variant : {"variant=library", "variant=ours"}) {
          const bool has_variants = family.keys.find("variant") != std::string_view::npos;
          if (!has_variants && std::string_view(variant) == "variant=library") continue;
          const Problem problem = has_variants && !line.has("variant") ? line.with(variant) : line;
          if (family.offered != nullptr && !family.offered(problem, cpu)) continue;
          const check::Case on = check::make_case(family, problem, cpu);
          for (const check::Pass& pass : on.passes()) {
            if (pass.reset) pass.reset();
            pass.run();  // the first may start OpenMP's team
            const auto counts = check::allocations_of([&] {
              for (int i = 0; i < 3; ++i) pass.run();
            });
            CHECK_MESSAGE(counts.ours == 0, family.name, " ", problem.text(), " ", pass.name, ", at ", counts.last);
          }
        }
      }
    }
}

}  // namespace lehr
