#include "kernels/metrics.h"

#include <algorithm>

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"

namespace lehr::check {
namespace {

std::vector<double> argmax_of_rows(const std::vector<double>& z, std::size_t classes) {
  std::vector<double> best;
  for (auto row = z.begin(); row != z.end(); row += static_cast<std::ptrdiff_t>(classes))
    best.push_back(static_cast<double>(std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row));
  return best;
}

struct Operands {
  HitsSpec spec;
  Guarded &z, &labels;

  bool sparse() const { return spec.kind == HitKind::sparse || spec.kind == HitKind::sparse_top_k; }
  Expected hits() const {
    const auto classes = static_cast<std::size_t>(spec.classes);
    const auto scores = z.values(), y = labels.values();
    const auto best = argmax_of_rows(scores, classes), right = sparse() || spec.kind == HitKind::binary ? y : argmax_of_rows(y, classes);
    std::vector<double> out;
    for (std::size_t r = 0; r < static_cast<std::size_t>(spec.rows); ++r) {
      if (spec.kind == HitKind::binary) {
        double agree = 0;
        for (std::size_t i = r * classes; i < (r + 1) * classes; ++i)
          agree += (scores[i] > static_cast<double>(spec.threshold)) == (y[i] > 0.5) ? 1 : 0;
        out.push_back(agree / static_cast<double>(classes));
      } else if (spec.kind == HitKind::sparse || spec.kind == HitKind::categorical) {
        out.push_back(best[r] == right[r] ? 1 : 0);
      } else {
        const double score = scores[r * classes + static_cast<std::size_t>(right[r])];
        const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(r * classes);
        const auto higher = std::count_if(begin, begin + spec.classes, [&](double v) { return v > score; });
        out.push_back(higher < spec.k ? 1 : 0);
      }
    }
    return within(std::move(out), 6e-8, 0);
  }
};

/// A third of the labels is what scores highest.
std::vector<double> labels_for(const HitsSpec& s, bool sparse, const std::vector<double>& z) {
  std::vector<double> labels;
  if (s.kind == HitKind::binary) {
    for (const double v : uniform(z.size(), 31)) labels.push_back(v > 0 ? 1 : 0);
    return labels;
  }
  const auto best = argmax_of_rows(z, static_cast<std::size_t>(s.classes));
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const double label = r % 3 == 0 ? best[static_cast<std::size_t>(r)] : static_cast<double>(r % s.classes);
    if (sparse)
      labels.push_back(label);
    else
      for (std::int64_t k = 0; k < s.classes; ++k) labels.push_back(static_cast<double>(k) == label ? 1 : 0);
  }
  return labels;
}

Case hits_case(const Problem& p, Backend& backend, HitKind kind) {
  const HitsSpec s{.kind = kind,
                   .rows = p.number("rows", 1),
                   .classes = p.number("c", 1),
                   .k = p.number("k", 5),
                   .threshold = static_cast<float>(p.real("threshold", 0.5)),
                   .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(s);
  const bool sparse = kind == HitKind::sparse || kind == HitKind::sparse_top_k;
  auto& z = on.input(s.dtype, s.rows * s.classes);
  const Operands o{s, z, on.input(sparse ? DType::i32 : DType::f32, labels_for(s, sparse, z.values()))};
  auto& values = on.memory(DType::f32, s.rows);
  on.add({.name = "hits",
          .run = [op, o, &values, &stream = on.stream()] { op->run(o.z, o.labels, values, stream); },
          .results = {{"values", &values, [o] { return o.hits(); }}},
          .bytes = traffic(o.z, o.labels, values)});
  return on;
}

Case argmax_case(const Problem& p, Backend& backend) {
  const ArgmaxSpec s{.rows = p.number("rows", 1), .classes = p.number("c", 1), .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto &z = on.input(s.dtype, s.rows * s.classes), &prediction = on.memory(DType::i32, s.rows);
  on.add({.name = "argmax",
          .run = [op, &z, &prediction, &stream = on.stream()] { op->run(z, prediction, stream); },
          .results = {{"prediction", &prediction,
                       [s, &z] { return exactly(argmax_of_rows(z.values(), static_cast<std::size_t>(s.classes))); }}},
          .bytes = traffic(z, prediction)});
  return on;
}

Case accumulate_case(const Problem& p, Backend& backend) {
  const AccumulateSpec s{.count = p.number("rows", 1), .scale = 0.5};
  Case on(backend);
  const auto op = on.prepare(s);
  const bool weighted = p.number("weighted", 0) != 0;
  auto &values = on.input(DType::f32, s.count), &weights = on.input(DType::f32, weighted ? s.count : 0, 0, 2),
       &extra = on.input(DType::f32, 1), &sums = on.memory(DType::f64, 2);
  on.add({.name = "accumulate",
          .run = [op, &values, &weights, &extra, &sums, &stream = on.stream()] { op->run(values, weights, extra, sums, nullptr, stream); },
          .results = {{"sums", &sums,
                       [s, weighted, &values, &weights, &extra] {
                         const auto v = values.values(), w = weighted ? weights.values() : std::vector<double>(v.size(), 1.0);
                         double sum = 0, total = 0;
                         for (std::size_t i = 0; i < v.size(); ++i) sum += w[i] * v[i], total += w[i];
                         const auto n = static_cast<double>(s.count);
                         return within({10 + s.scale * sum + n * extra.values()[0], 7 + total}, 1e-12, 1e-12 * n);
                       }}},
          .bytes = traffic(values, weights),
          .reset = [&sums] { sums.assign({10, 7}); }});
  return on;
}

/// Step `step` of a test whose earlier steps left `best`; 2^-20 makes any loss a divergence.
Case range_test_case(const Problem& p, Backend& backend) {
  const RangeTestSpec s{.count = p.number("rows", 1), .capacity = 6};
  const auto step = static_cast<double>(p.number("step", 0));
  Case on(backend);
  const auto op = on.prepare(s);
  auto &values = on.input(DType::f32, s.count, 0.5, 1.5), &extra = on.input(DType::f32, 1, 0, 0.1),
       &trace = on.memory(DType::f64, s.elements()), &counters = on.memory(DType::i64, 4);
  const auto add = [&](const char* name, double best) {
    std::vector<double> before(static_cast<std::size_t>(s.elements()), 7);
    before[0] = 0.5, before[1] = 0.9, before[2] = best;
    const auto after = [=, &values, &extra](bool of_counters) {
      double loss = 0;
      for (const double v : values.values()) loss += v / static_cast<double>(s.count);
      loss += extra.values()[0];
      const bool first = step == 0;
      std::vector<double> out = before;
      out[0] = s.beta * (first ? 0 : before[0]) + (1 - s.beta) * loss;
      out[1] = first ? s.beta : s.beta * before[1];
      const double smooth = out[0] / (1 - out[1]);
      out[2] = first ? smooth : std::min(best, smooth);
      const auto at = static_cast<std::size_t>(RangeTestSpec::head + 2 * static_cast<std::int64_t>(step));
      if (step < static_cast<double>(s.capacity)) out[at] = loss, out[at + 1] = smooth;
      const bool stops = !first && step < static_cast<double>(s.capacity) && smooth > s.factor * best;
      if (of_counters) return exactly({9, step, 3, stops ? 1.0 : 0.0});
      return within(step < static_cast<double>(s.capacity) ? out : before, 1e-12, 0);
    };
    on.add({.name = name,
            .run = [op, &values, &extra, &trace, &counters,
                    &stream = on.stream()] { op->run(values, extra, trace, static_cast<StepCounters*>(counters.view().data), stream); },
            .results = {{"trace", &trace, [after] { return after(false); }}, {"counters", &counters, [after] { return after(true); }}},
            .bytes = traffic(values),
            .reset =
                [=, &trace, &counters] {
                  trace.assign(before);
                  counters.assign({9, step, 3, 0});
                }});
  };
  add("range_test", 2);
  add("diverging", 0x1p-20);
  return on;
}

}  // namespace

Case metrics_case(const Problem& p, Backend& backend) {
  const auto word = p.word("kind", "sparse");
  if (word == "argmax") return argmax_case(p, backend);
  if (word == "accumulate") return accumulate_case(p, backend);
  if (word == "range_test") return range_test_case(p, backend);
  return hits_case(p, backend,
                   word_of<HitKind>(p, "kind", HitKind::sparse,
                                    {{"sparse", HitKind::sparse},
                                     {"categorical", HitKind::categorical},
                                     {"binary", HitKind::binary},
                                     {"sparse_top_k", HitKind::sparse_top_k},
                                     {"categorical_top_k", HitKind::categorical_top_k}}));
}

}  // namespace lehr::check
