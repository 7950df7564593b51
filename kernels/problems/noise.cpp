#include "kernels/noise.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/random.h"

namespace lehr::check {
namespace {

RandomKey key_of(const Problem& p) {
  return {.seed = static_cast<std::uint64_t>(p.number("seed", 7)), .stream = static_cast<std::uint32_t>(p.number("stream", 3))};
}
double rounding(DType dtype) { return dtype == DType::bf16 ? 0.0040 : 3e-7; }

Case gaussian_case(const Problem& p, Backend& backend) {
  const GaussianSpec s{.count = p.number("count", 1),
                       .stddev = static_cast<float>(p.real("stddev", 0.5)),
                       .multiply = p.number("multiply", 0) != 0,
                       .key = key_of(p),
                       .dtype = dtype_word(p)};
  const StepCounters counters{.step = p.number("step", 5)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto &x = on.input(s.dtype, s.count), &y = on.memory(s.dtype, s.count);
  on.add({.name = "gaussian",
          .run = [op, at = on.record(counters), &x, &y, &stream = on.stream()] { op->run(x, at, y, stream); },
          .results = {{"y", &y,
                       [s, counters, &x] {
                         auto y = x.values();
                         for (std::size_t i = 0; i < y.size(); ++i) {
                           const double z =
                               static_cast<double>(s.stddev) * reference::normal(s.key, static_cast<std::uint64_t>(counters.step), i);
                           y[i] = s.multiply ? y[i] * (1 + z) : y[i] + z;
                         }
                         return within(std::move(y), rounding(s.dtype), 1e-6);
                       }}},
          .bytes = traffic(x, y)});
  return on;
}

Case shared_dropout_case(const Problem& p, Backend& backend) {
  const auto apart = [&](char axis) { return p.word("apart", "s").find(axis) != std::string_view::npos; };
  const SharedDropoutSpec s{.batch = p.number("batch", 1),
                            .pixels = p.number("pixels", 1),
                            .channels = p.number("c", 1),
                            .per_sample = apart('s'),
                            .per_pixel = apart('p'),
                            .per_channel = apart('c'),
                            .rate = static_cast<float>(p.real("rate", 0.5)),
                            .key = key_of(p),
                            .dtype = dtype_word(p)};
  const StepCounters counters{.step = p.number("step", 5)};
  Case on(backend);
  const auto op = on.prepare(s);
  const std::int64_t count = s.batch * s.pixels * s.channels;
  auto &x = on.input(s.dtype, count), &y = on.memory(s.dtype, count);
  on.add({.name = "shared_dropout",
          .run = [op, at = on.record(counters), &x, &y, &stream = on.stream()] { op->run(x, at, y, stream); },
          .results = {{"y", &y,
                       [s, counters, &x] {
                         auto y = x.values();
                         for (std::int64_t i = 0; i < static_cast<std::int64_t>(y.size()); ++i) {
                           const std::int64_t n = s.per_sample ? i / (s.pixels * s.channels) : 0,
                                              q = s.per_pixel ? i / s.channels % s.pixels : 0, c = s.per_channel ? i % s.channels : 0;
                           const std::int64_t cell = (n * (s.per_pixel ? s.pixels : 1) + q) * (s.per_channel ? s.channels : 1) + c;
                           const bool keep = reference::uniform(s.key, static_cast<std::uint64_t>(counters.step),
                                                                static_cast<std::uint64_t>(cell)) >= static_cast<double>(s.rate);
                           y[static_cast<std::size_t>(i)] *= keep ? 1 / (1 - static_cast<double>(s.rate)) : 0;
                         }
                         return within(std::move(y), rounding(s.dtype), 0);
                       }}},
          .bytes = traffic(x, y)});
  return on;
}

}  // namespace

Case noise_case(const Problem& p, Backend& backend) {
  using Make = Case (*)(const Problem&, Backend&);
  return word_of<Make>(p, "kind", gaussian_case, {{"gaussian", gaussian_case}, {"shared_dropout", shared_dropout_case}})(p, backend);
}

}  // namespace lehr::check
