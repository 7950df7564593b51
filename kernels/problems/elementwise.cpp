#include "kernels/elementwise.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"

namespace lehr::check {
namespace {

Expected rounded_to(DType dtype, std::vector<double> value) {
  return dtype == DType::bf16 ? within(std::move(value), 0.00391, 1e-6) : within(std::move(value), 1e-6, 1e-6);
}

Case add_case(const Problem& p, Backend& backend) {
  const AddSpec spec{.count = p.number("count", 1), .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(spec);
  std::vector<Guarded*> x;
  for (std::int64_t i = 0; i < p.number("inputs", 2); ++i) x.push_back(&on.input(spec.dtype, spec.count));
  for (const bool in_place : {false, true}) {
    auto& y = on.memory(spec.dtype, spec.count);
    std::vector<ConstView> views;
    for (const Guarded* in : x) views.push_back(*in);
    if (in_place) views[0] = y;
    on.add({.name = in_place ? "add_in_place" : "add",
            .run = [op, views, &y, &stream = on.stream()] { op->run(views, y, stream); },
            .results = {{"y", &y,
                         [spec, x] {
                           std::vector<double> sum(static_cast<std::size_t>(spec.count));
                           for (const Guarded* in : x)
                             for (std::size_t i = 0; const double v : in->values()) sum[i++] += v;
                           return rounded_to(spec.dtype, std::move(sum));
                         }}},
            .bytes = y.size() * static_cast<double>(x.size() + 1),
            .timed = !in_place,
            .reset =
                [in_place, x, &y] {
                  if (in_place) y.copy_from(*x[0]);
                }});
  }
  return on;
}

/// Three inputs of c, 1 and 2c+1 channels; the gradient of the second is not wanted.
Case concatenate_case(const Problem& p, Backend& backend) {
  const std::int64_t c = p.number("c", 1);
  const ConcatenateSpec spec{.rows = p.number("rows", 1), .channels = {c, 1, 2 * c + 1}, .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(spec);
  std::vector<Guarded*> x;
  std::vector<ConstView> views;
  for (const std::int64_t channels : spec.channels) {
    x.push_back(&on.input(spec.dtype, spec.rows * channels));
    views.push_back(*x.back());
  }
  auto &y = on.memory(spec.dtype, spec.rows * (3 * c + 2)), &dy = on.input(spec.dtype, spec.rows * (3 * c + 2)),
       &first = on.memory(spec.dtype, spec.rows * c), &last = on.memory(spec.dtype, spec.rows * (2 * c + 1));
  on.add({.name = "concatenate",
          .run = [op, views, &y, &stream = on.stream()] { op->run(views, y, stream); },
          .results = {{"y", &y,
                       [spec, x] {
                         std::vector<double> joined;
                         for (std::size_t r = 0; r < static_cast<std::size_t>(spec.rows); ++r)
                           for (std::size_t i = 0; i < x.size(); ++i) {
                             const auto part = x[i]->values();
                             const auto n = static_cast<std::ptrdiff_t>(spec.channels[i]), at = static_cast<std::ptrdiff_t>(r) * n;
                             joined.insert(joined.end(), part.begin() + at, part.begin() + at + n);
                           }
                         return exactly(std::move(joined));
                       }}},
          .bytes = 2 * y.size()});
  const auto columns = [spec, &dy](std::int64_t begin, std::int64_t count) {
    const std::int64_t width = spec.channels[0] + spec.channels[1] + spec.channels[2];
    const auto from = dy.values();
    std::vector<double> part;
    for (std::int64_t r = 0; r < spec.rows; ++r)
      for (std::int64_t k = begin; k < begin + count; ++k) part.push_back(from[static_cast<std::size_t>(r * width + k)]);
    return exactly(std::move(part));
  };
  const std::vector<View> parts{first, {}, last};
  on.add({.name = "split",
          .run = [op, parts, &dy, &stream = on.stream()] { op->split(dy, parts, stream); },
          .results = {{"first", &first, [columns, c] { return columns(0, c); }},
                      {"last", &last, [columns, c] { return columns(c + 1, 2 * c + 1); }}},
          .bytes = 2 * dy.size()});
  return on;
}

Case scale_case(const Problem& p, Backend& backend) {
  const std::int64_t channels = p.number("c", 1);
  ScaleOffsetSpec spec{.rows = p.number("rows", 1), .channels = channels, .scale = {}, .offset = {}, .dtype = dtype_word(p)};
  for (std::int64_t i = 0; i < p.number("scales", 1); ++i) spec.scale.push_back(0.5F + 0.125F * static_cast<float>(i % 7));
  for (std::int64_t i = 0; i < p.number("offsets", 0); ++i) spec.offset.push_back(static_cast<float>(i % 5) - 2);
  Case on(backend);
  const auto op = on.prepare(spec);
  auto& x = on.input(spec.dtype, spec.rows * channels);
  for (const bool in_place : {false, true}) {
    auto& y = on.memory(spec.dtype, spec.rows * channels);
    on.add({.name = in_place ? "scale_in_place" : "scale",
            .run = [op, in_place, &x, &y, &stream = on.stream()] { op->run(in_place ? y : x, y, stream); },
            .results = {{"y", &y,
                         [spec, &x] {
                           const auto number = [](const std::vector<float>& v, std::size_t c) {
                             return v.empty() ? 0.0 : static_cast<double>(v[v.size() == 1 ? 0 : c]);
                           };
                           auto y = x.values();
                           for (std::size_t i = 0; i < y.size(); ++i) {
                             const std::size_t c = i % static_cast<std::size_t>(spec.channels);
                             y[i] = y[i] * number(spec.scale, c) + number(spec.offset, c);
                           }
                           return rounded_to(spec.dtype, std::move(y));
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

Case cast_case(const Problem& p, Backend& backend) {
  const CastSpec spec{.count = p.number("count", 1), .from = dtype_word(p, "from"), .to = dtype_word(p, "to", DType::bf16)};
  Case on(backend);
  const auto op = on.prepare(spec);
  auto& x = on.input(spec.from, spec.count, spec.from == DType::u8 ? 0 : -1000, spec.from == DType::u8 ? 256 : 1000);
  auto& y = on.memory(spec.to, spec.count);
  on.add({.name = "cast",
          .run = [op, &x, &y, &stream = on.stream()] { op->run(x, y, stream); },
          .results = {{"y", &y, [spec, &x] { return within(x.values(), spec.to == DType::bf16 ? 0.00391 : 6e-8, 0); }}},
          .bytes = traffic(x, y)});
  return on;
}

}  // namespace

Case elementwise_case(const Problem& p, Backend& backend) {
  using Make = Case (*)(const Problem&, Backend&);
  return word_of<Make>(p, "kind", add_case,
                       {{"add", add_case}, {"concatenate", concatenate_case}, {"scale", scale_case}, {"cast", cast_case}})(p, backend);
}

}  // namespace lehr::check
