#include "tune/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/data/csv.h"
#include "kernels/error.h"
#include "tune/format.h"
#include "tune/utf8.h"

namespace lehr {

namespace {

double ratio(std::int64_t part, std::int64_t whole) { return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole); }

std::string name_of_class(std::span<const std::string> names, std::int64_t id) {
  const auto i = static_cast<std::size_t>(id);
  return i < names.size() && !names[i].empty() ? names[i] : std::to_string(id);
}

std::int64_t most_often_mistaken_for(const ConfusionMatrix& m, std::int64_t id) {
  std::int64_t found = -1;
  for (std::int64_t other = 0; other < m.classes; ++other)
    if (other != id && m.at(id, other) > (found < 0 ? 0 : m.at(id, found))) found = other;
  return found;
}

ClassScores scores_of(const ConfusionMatrix& m, std::int64_t id, std::int64_t all) {
  std::int64_t support = 0;
  std::int64_t named = 0;
  for (std::int64_t other = 0; other < m.classes; ++other) {
    support += m.at(id, other);
    named += m.at(other, id);
  }
  const std::int64_t hits = m.at(id, id);
  const std::int64_t false_alarms = named - hits;
  const std::int64_t others = all - support;
  return {.id = id,
          .support = support,
          .precision = ratio(hits, named),
          .sensitivity = ratio(hits, support),
          .specificity = ratio(others - false_alarms, others),
          .f1 = ratio(2 * hits, support + named),
          .taken_for = most_often_mistaken_for(m, id)};
}

ClassScores macro_average(const std::vector<ClassScores>& classes) {
  ClassScores out{.id = -1, .name = "macro average"};
  double n = 0;
  for (const auto& c : classes) {
    out.support += c.support;
    if (c.support == 0) continue;
    n += 1;
    out.precision += c.precision;
    out.sensitivity += c.sensitivity;
    out.specificity += c.specificity;
    out.f1 += c.f1;
  }
  for (double* value : {&out.precision, &out.sensitivity, &out.specificity, &out.f1}) *value = n > 0 ? *value / n : 0.0;
  return out;
}

std::string row_text(const ClassScores& c, std::size_t width, const std::string& taken_for) {
  std::string line = fmt::format("{} {:>8} {:>10.3f} {:>12.3f} {:>12.3f} {:>7.3f}", fitted(c.name, width), count_text(c.support),
                                 c.precision, c.sensitivity, c.specificity, c.f1);
  if (!taken_for.empty()) line += "   " + taken_for;
  return line + '\n';
}

}  // namespace

std::int64_t ConfusionMatrix::total() const { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); }

std::int64_t ConfusionMatrix::correct() const {
  std::int64_t out = 0;
  for (std::int64_t i = 0; i < classes; ++i) out += at(i, i);
  return out;
}

std::int64_t ConfusionMatrix::predicted_classes() const {
  std::int64_t out = 0;
  for (std::int64_t p = 0; p < classes; ++p) {
    bool named = false;
    for (std::int64_t t = 0; t < classes; ++t) named = named || at(t, p) > 0;
    out += named ? 1 : 0;
  }
  return out;
}

ConfusionMatrix confusion_matrix(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted, std::int64_t classes) {
  if (truth.size() != predicted.size())
    throw Error({.category = Category::data,
                 .where = "confusion matrix",
                 .what = "labels and predictions differ in number",
                 .expected = std::to_string(truth.size()),
                 .got = std::to_string(predicted.size())});
  ConfusionMatrix out{.classes = classes, .counts = std::vector<std::int64_t>(static_cast<std::size_t>(classes * classes))};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (const std::int32_t id : {truth[i], predicted[i]})
      if (id < 0 || id >= classes)
        throw Error({.category = Category::data,
                     .where = fmt::format("confusion matrix, sample {}", i),
                     .what = "class id out of range",
                     .expected = fmt::format("0 to {}", classes - 1),
                     .got = std::to_string(id)});
    ++out.counts[static_cast<std::size_t>(truth[i] * classes + predicted[i])];
  }
  return out;
}

ClassReport class_report(const ConfusionMatrix& matrix, std::span<const std::string> names) {
  ClassReport out;
  const std::int64_t all = matrix.total();
  for (std::int64_t id = 0; id < matrix.classes; ++id) {
    out.classes.push_back(scores_of(matrix, id, all));
    out.classes.back().name = name_of_class(names, id);
  }
  out.macro = macro_average(out.classes);
  out.accuracy = ratio(matrix.correct(), all);
  return out;
}

std::string report_table(const ClassReport& report, std::int64_t rows) {
  std::vector<const ClassScores*> order;
  for (const auto& c : report.classes)
    if (c.support > 0) order.push_back(&c);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->f1 < b->f1; });
  const std::size_t present = order.size();
  if (rows > 0 && present > static_cast<std::size_t>(rows)) order.resize(static_cast<std::size_t>(rows));

  std::size_t width = report.macro.name.size();
  for (const auto* c : order) width = std::max(width, std::min<std::size_t>(characters(c->name), 28));
  std::string out = fmt::format("{} {:>8} {:>10} {:>12} {:>12} {:>7}   {}\n", fitted("class", width), "samples", "precision", "sensitivity",
                                "specificity", "F1", "mostly taken for");
  for (const auto* c : order) {
    const auto other = static_cast<std::size_t>(std::max<std::int64_t>(c->taken_for, 0));
    out += row_text(*c, width, c->taken_for < 0 ? "" : report.classes[other].name);
  }
  if (order.size() < present) out += fmt::format("({} better classes not shown)\n", present - order.size());
  return out + row_text(report.macro, width, "accuracy " + percent_text(report.accuracy));
}

std::string report_csv(const ClassReport& report) {
  std::string out = "id,name,support,precision,sensitivity,specificity,f1\n";
  for (const auto& c : report.classes)
    out += fmt::format("{},{},{},{},{},{},{}\n", c.id, csv_field(c.name), c.support, repr(c.precision), repr(c.sensitivity),
                       repr(c.specificity), repr(c.f1));
  return out;
}

std::string confusion_csv(const ConfusionMatrix& matrix, std::span<const std::string> names) {
  std::string out = "truth\\predicted";
  for (std::int64_t p = 0; p < matrix.classes; ++p) out += "," + csv_field(name_of_class(names, p));
  out += '\n';
  for (std::int64_t t = 0; t < matrix.classes; ++t) {
    out += csv_field(name_of_class(names, t));
    for (std::int64_t p = 0; p < matrix.classes; ++p) out += "," + std::to_string(matrix.at(t, p));
    out += '\n';
  }
  return out;
}

}  // namespace lehr
