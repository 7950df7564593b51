#include "kernels/store_rows.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"

namespace lehr::check {

Case store_rows_case(const Problem& p, Backend& backend) {
  const StoreRowsSpec s{.batch = p.number("batch", 1), .elements = p.number("elements", 1), .from = dtype_word(p, "from", DType::f32)};
  const DType to = s.from == DType::i32 ? DType::i32 : DType::f32;
  const std::int64_t rows = p.number("rows", 1), first = p.number("sample", 0);
  Case on(backend);
  const auto op = on.prepare(s);
  auto &x = s.from == DType::i32 ? on.input(s.from, s.batch * s.elements, 0, 1000) : on.input(s.from, s.batch * s.elements),
       &before = on.input(to, rows * s.elements), &y = on.memory(to, rows * s.elements);
  on.add({.name = "store",
          .run = [op, at = on.record(StepCounters{.sample = first}), &x, &y, &stream = on.stream()] { op->run(x, at, y, stream); },
          .results = {{"y", &y,
                       [=, &x, &before] {
                         auto table = before.values();
                         const auto batch = x.values();
                         for (std::int64_t i = 0; i < s.batch * s.elements; ++i)
                           table[static_cast<std::size_t>((first + i / s.elements) % rows * s.elements + i % s.elements)] =
                               batch[static_cast<std::size_t>(i)];
                         return exactly(std::move(table));
                       }}},
          .bytes = static_cast<double>(s.batch * s.elements) * static_cast<double>(size_of(s.from) + size_of(to)),
          .reset = [&before, &y] { y.copy_from(before); }});
  return on;
}

}  // namespace lehr::check
