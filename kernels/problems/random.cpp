#include "kernels/reference/random.h"
#include "kernels/dropout.h"
#include "kernels/fill.h"
#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"

namespace lehr::check {
namespace {

RandomKey key_of(const Problem& p) {
  return {.seed = static_cast<std::uint64_t>(p.number("seed", 7)), .stream = static_cast<std::uint32_t>(p.number("stream", 3))};
}

}  // namespace

Case dropout_case(const Problem& p, Backend& backend) {
  const DropoutSpec s{
      .count = p.number("count", 1), .rate = static_cast<float>(p.real("rate", 0.5)), .key = key_of(p), .dtype = dtype_word(p)};
  const StepCounters counters{.step = p.number("step", 5)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto& x = on.input(s.dtype, s.count);
  for (const bool in_place : {false, true}) {
    auto& y = on.memory(s.dtype, s.count);
    on.add({.name = in_place ? "in_place" : "mask",
            .run = [=, at = on.record(counters), &x, &y, &stream = on.stream()] { op->run(in_place ? y : x, at, y, stream); },
            .results = {{"y", &y,
                         [s, counters, &x] {
                           auto y = reference::dropout(s.key, static_cast<std::uint64_t>(counters.step), static_cast<double>(s.rate),
                                                       x.values());
                           return within(std::move(y), s.dtype == DType::bf16 ? 0.0040 : 2e-7, 0);
                         }}},
            .bytes = traffic(x, y),
            .timed = !in_place,
            .reset =
                [in_place, &x, &y] {
                  if (in_place) y.copy_from(x);
                }});
  }
  return on;
}

Case fill_case(const Problem& p, Backend& backend) {
  const FillSpec s{.count = p.number("count", 1),
                   .distribution = word_of<Distribution>(p, "kind", Distribution::uniform,
                                                         {{"constant", Distribution::constant},
                                                          {"uniform", Distribution::uniform},
                                                          {"normal", Distribution::normal},
                                                          {"truncated_normal", Distribution::truncated_normal}}),
                   .a = p.real("a", 0),
                   .b = p.real("b", 1),
                   .key = key_of(p)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto& y = on.memory(DType::f32, s.count);
  on.add({.name = "fill",
          .run = [op, &y, &stream = on.stream()] { op->run(y, stream); },
          .results = {{"y", &y, [s] { return within(reference::fill(s), 6e-8, 1e-14 * (std::abs(s.a) + std::abs(s.b))); }}},
          .bytes = traffic(y)});
  return on;
}

}  // namespace lehr::check
