// The checks themselves: each of them must see what it is there for.
#include "kernels/problems/check.h"

#include "tests/check/child.h"
#include "tests/check/op.h"

namespace lehr::check {
namespace {

enum class Fault : std::uint8_t { none, wrong_value, not_written, past_the_end, operand, not_repeatable, threads, apart };

/// y = 2 x, with a fault.
template <Fault fault>
Case doubling(const Problem& p, Backend& backend) {
  Case on(backend);
  auto &x = on.input(DType::f32, p.number("count", 8)), &y = on.memory(DType::f32, p.number("count", 8));
  const int threads = static_cast<Cpu&>(backend).threads();
  on.add({.name = "double",
          .run =
              [&x, &y, threads, calls = std::make_shared<int>(0)] {
                const auto* from = x.view().as<float>();
                auto* to = y.view().as<float>();
                const auto n = static_cast<std::ptrdiff_t>(x.count());
                for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = 2 * from[i];
                // Within the tolerance, so that only the promise is broken.
                const auto nudge = [&] { to[0] = std::nextafter(to[0], 9.0F); };
                if (fault == Fault::wrong_value) to[n - 1] += 0.001F;
                if (fault == Fault::not_written) y.clear();
                if (fault == Fault::past_the_end) to[n] = 1;
                if (fault == Fault::operand) const_cast<float*>(from)[1] = 7;  // NOLINT: what a faulty kernel would do
                if (fault == Fault::not_repeatable && ++*calls % 2 == 0) nudge();
                if (fault == Fault::threads && threads == 3) nudge();
                // Each within the tolerance, on either side of float64.
                if (fault == Fault::apart) to[3] += (threads == 1 ? 0.8F : -0.8F) * 1e-6F * (1 + std::abs(to[3]));
              },
          .results = {{"y", &y, [want = x.values()]() mutable {
                         for (double& v : want) v *= 2;
                         return within(want, 1e-6, 1e-6);
                       }}}});
  return on;
}

template <Fault fault>
const Family family{.name = "doubling", .keys = "count", .make = doubling<fault>};

template <Fault fault>
Finding finding() {
  const auto all = check_problem(family<fault>, Problem("count=8"));
  REQUIRE(all.size() == 1);
  return all[0];
}

void breaks(const Finding& f, const std::string& promise) {
  CHECK(!f.holds());
  REQUIRE(f.broken.size() >= 1);
  CHECK(f.broken[0].find(promise) != std::string::npos);
  CHECK(f.text().find(promise) != std::string::npos);
}

}  // namespace

TEST_CASE("checks see wrong values, writes elsewhere, other bits") {
  CHECK(finding<Fault::none>().holds());
  const Finding wrong = finding<Fault::wrong_value>();
  CHECK(!wrong.holds());
  CHECK(wrong.worst.index == 7);
  CHECK(wrong.broken.empty());
  CHECK(!finding<Fault::not_written>().holds());
  // Where guards are watched, the write itself ends the program.
  if (watched(Cpu(1)))
    CHECK(in_a_child([] { finding<Fault::past_the_end>(); }).words.find("use-after-poison") != std::string::npos);
  else
    breaks(finding<Fault::past_the_end>(), "wrote something else");
  breaks(finding<Fault::operand>(), "wrote something else");
  breaks(finding<Fault::not_repeatable>(), "run again");
  if (Cpu(3).threads() == 3)
    breaks(finding<Fault::threads>(), "3 threads");
  else
    MESSAGE("there are no three threads here, as under ThreadSanitizer, where kernels run on one");
}

TEST_CASE("checks beside the CPU see two results that hold, on either side of float64, further apart than either may be from it") {
  Cpu one(1), two(2);
  const auto beside = [&]<Fault fault>() {
    const auto all = check_problem(family<fault>, Problem("count=8"), one, two);
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].beside);
    return all[0];
  };
  const Finding same = beside.operator()<Fault::none>();
  CHECK(same.holds());
  CHECK(same.beside->used == 0);
  if (two.threads() != 2) return;  // as under ThreadSanitizer
  const Finding apart = beside.operator()<Fault::apart>();
  CHECK(apart.worst.used <= 1);
  CHECK(!apart.holds());
  CHECK(apart.beside->index == 3);
  CHECK(apart.beside->used > 1.2);
  CHECK(apart.text().find("% of it from the CPU's (element 3 is") != std::string::npos);
}

}  // namespace lehr::check
