#include "tune/class_metrics.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/spec/catalogue.h"
#include "engine/spec/convert.h"
#include "engine/spec/names.h"

namespace lehr {

namespace {

const std::vector<std::vector<std::string>>& names() {
  static const std::vector<std::vector<std::string>> rows{
      {"precision", "Precision"}, {"recall", "Recall", "sensitivity"}, {"specificity"}, {"f1_score", "F1Score", "f1"}, {"auc", "AUC"}};
  return rows;
}

struct Counts {
  double hits = 0, false_alarms = 0, misses = 0, rejections = 0;
};

double ratio(double part, double whole) { return whole == 0 ? 0.0 : part / whole; }

double value_of(ClassMetricKind kind, const Counts& c) {
  switch (kind) {
    case ClassMetricKind::precision:
      return ratio(c.hits, c.hits + c.false_alarms);
    case ClassMetricKind::recall:
      return ratio(c.hits, c.hits + c.misses);
    case ClassMetricKind::specificity:
      return ratio(c.rejections, c.rejections + c.false_alarms);
    default:
      return ratio(2 * c.hits, 2 * c.hits + c.false_alarms + c.misses);
  }
}

/// By ranks (Mann and Whitney): ties share the mean of their ranks. NaN where one side is empty.
double area(std::span<const float> scores, const std::vector<bool>& positive) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double ranks = 0;
  const auto ours = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  const double others = static_cast<double>(scores.size()) - ours;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + 1 + end);  // ranks begin + 1 ... end
    for (std::size_t i = begin; i < end; ++i) ranks += positive[order[i]] ? rank : 0;
  }
  if (ours == 0 || others == 0) return std::numeric_limits<double>::quiet_NaN();
  return (ranks - ours * (ours + 1) / 2) / (ours * others);
}

/// Everything about a set's predictions that the metrics ask for.
class Predictions {
 public:
  Predictions(const Array& outputs, std::span<const std::int32_t> truth)
      : columns_(outputs.shape()[outputs.shape().rank() - 1]), values_(outputs.as<float>()), truth_(truth) {
    if (values_.size() != truth.size() * static_cast<std::size_t>(columns_))
      throw Error({.category = Category::data, .where = "metrics", .what = "as many labels as predictions are needed"});
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto row = values_.subspan(i * static_cast<std::size_t>(columns_), static_cast<std::size_t>(columns_));
      predicted_.push_back(columns_ == 1 ? (row[0] > 0.5F ? 1 : 0)
                                         : static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    }
  }

  bool binary() const { return columns_ == 1; }
  std::int64_t classes() const { return binary() ? 2 : columns_; }
  double support(std::int64_t id) const { return static_cast<double>(std::count(truth_.begin(), truth_.end(), id)); }
  bool occurs(std::int64_t id) const { return support(id) > 0 || std::count(predicted_.begin(), predicted_.end(), id) > 0; }

  Counts counts(std::int64_t id) const {
    Counts c;
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      const bool is = truth_[i] == id, named = predicted_[i] == id;
      (is ? (named ? c.hits : c.misses) : (named ? c.false_alarms : c.rejections)) += 1;
    }
    return c;
  }

  double auc(std::int64_t id) const {
    std::vector<float> scores;
    std::vector<bool> positive;
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      scores.push_back(values_[i * static_cast<std::size_t>(columns_) + (binary() ? 0 : static_cast<std::size_t>(id))]);
      positive.push_back(truth_[i] == id);
    }
    return area(scores, positive);
  }

  /// Every row's every column as one problem.
  double micro_auc() const {
    std::vector<bool> positive;
    for (std::size_t i = 0; i < truth_.size(); ++i)
      for (std::int64_t id = 0; id < columns_; ++id) positive.push_back(truth_[i] == id);
    return area(values_, positive);
  }

 private:
  std::int64_t columns_;
  std::span<const float> values_;
  std::span<const std::int32_t> truth_;
  std::vector<std::int32_t> predicted_;
};

double micro(ClassMetricKind kind, const Predictions& p) {
  if (kind == ClassMetricKind::auc) return p.micro_auc();
  Counts all;
  for (std::int64_t id = 0; id < p.classes(); ++id) {
    const Counts c = p.counts(id);
    all.hits += c.hits;
    all.false_alarms += c.false_alarms;
    all.misses += c.misses;
    all.rejections += c.rejections;
  }
  return value_of(kind, all);
}

double one_class(ClassMetricKind kind, const Predictions& p, std::int64_t id) {
  return kind == ClassMetricKind::auc ? p.auc(id) : value_of(kind, p.counts(id));
}

double mean(const ClassMetric& metric, const Predictions& p) {
  double sum = 0, weights = 0;
  for (std::int64_t id = 0; id < p.classes(); ++id) {
    const bool counts = metric.kind == ClassMetricKind::auc ? p.support(id) > 0 : p.occurs(id);
    const double weight = !counts ? 0 : metric.average == ClassAverage::weighted ? p.support(id) : 1;
    if (weight == 0) continue;
    sum += weight * one_class(metric.kind, p, id);
    weights += weight;
  }
  return ratio(sum, weights);
}

}  // namespace

bool is_class_metric(const SpecValue& value) {
  if (!value.named()) return false;
  return std::any_of(names().begin(), names().end(), [&](const auto& row) {
    return std::any_of(row.begin(), row.end(), [&](const std::string& name) { return same_name(value.text, name); });
  });
}

ClassMetric class_metric_from_spec(const SpecValue& value) {
  const std::size_t row = find_entry(value, "metric", names());
  const auto given = bind_fields(value, names()[row].front(), std::vector<std::string_view>{"average", "name"});
  ClassMetric out{.kind = static_cast<ClassMetricKind>(row), .name = value.text};
  if (given[0] != nullptr && !given[0]->is(SpecKind::none)) {
    const std::string average = spec_text(*given[0]);
    constexpr std::pair<const char*, ClassAverage> known[] = {
        {"macro", ClassAverage::macro}, {"weighted", ClassAverage::weighted}, {"micro", ClassAverage::micro}};
    const auto* found = std::find_if(std::begin(known), std::end(known), [&](const auto& k) { return average == k.first; });
    if (found == std::end(known))
      throw spec_error(*given[0], {.category = Category::usage, .what = "unknown average", .expected = "macro, weighted, micro or none"});
    out.average = found->second;
  } else if (given[0] != nullptr) {
    out.average = ClassAverage::none;
  }
  if (given[1] != nullptr) out.name = spec_text(*given[1]);
  return out;
}

std::vector<std::pair<std::string, double>> class_metric_values(const ClassMetric& metric, const Array& outputs,
                                                                std::span<const std::int32_t> truth,
                                                                std::span<const std::string> class_names) {
  const Predictions p(outputs, truth);
  if (p.binary()) return {{metric.name, one_class(metric.kind, p, 1)}};
  if (metric.average == ClassAverage::micro) return {{metric.name, micro(metric.kind, p)}};
  if (metric.average != ClassAverage::none) return {{metric.name, mean(metric, p)}};
  std::vector<std::pair<std::string, double>> out;
  for (std::int64_t id = 0; id < p.classes(); ++id) {
    const auto i = static_cast<std::size_t>(id);
    out.emplace_back(metric.name + "_" + (i < class_names.size() ? class_names[i] : std::to_string(id)), one_class(metric.kind, p, id));
  }
  return out;
}

}  // namespace lehr
