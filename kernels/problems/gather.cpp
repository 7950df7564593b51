#include "kernels/gather.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/gather.h"

namespace lehr::check {
namespace {

/// 0, 1 or `channels` numbers, none of them round.
std::vector<double> numbers(std::int64_t count, double first, double step) {
  std::vector<double> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(first + step * static_cast<double>(i));
  return out;
}

/// Every row somewhere, in an order that is none.
std::vector<double> permutation(std::int64_t rows) {
  std::vector<double> order(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<double>(i);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random_word({.seed = 5, .stream = 1}, 0, i) % (i + 1)]);
  return order;
}

}  // namespace

Case gather_case(const Problem& p, Backend& backend) {
  const std::int64_t channels = p.number("c", 1), rows = p.number("rows", 1);
  const GatherSpec s{.batch = p.number("batch", 1),
                     .elements = p.number("elements", 1),
                     .channels = channels,
                     .from = dtype_word(p, "from", DType::u8),
                     .to = dtype_word(p, "to"),
                     .scale = numbers(p.number("scales", 1), 1.0 / 255, 0.001),
                     .offset = numbers(p.number("offsets", 0), -0.485, -0.01),
                     .bgr = p.number("bgr", 0) != 0};
  const StepCounters counters{.sample = p.number("sample", 0)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto& x = on.input(s.from, rows * s.elements, 0, 256);
  auto &order = on.input(DType::i32, p.number("permuted", 1) != 0 ? permutation(rows) : std::vector<double>{}),
       &y = on.memory(s.to, s.batch * s.elements);
  on.add({.name = "gather",
          .run = [op, at = on.record(counters), &x, &order, &y, &stream = on.stream()] { op->run(x, order, at, y, stream); },
          .results = {{"y", &y,
                       [s, counters, &x, &order] {
                         auto y = reference::gather(s, x.values(), order.values(), counters.sample);
                         // Computed in double and rounded once, to bfloat16 by way of float32; copies are exact.
                         if (s.scale.empty() && s.offset.empty() && s.from == s.to) return exactly(std::move(y));
                         return within(std::move(y), s.to == DType::bf16 ? 0.00391 : 6e-8, 0);
                       }}},
          .bytes = static_cast<double>(s.batch * s.elements * static_cast<std::int64_t>(size_of(s.from) + size_of(s.to)))});
  return on;
}

}  // namespace lehr::check
