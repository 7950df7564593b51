#include "tune/class_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tune/roc.h"

namespace lehr {

namespace {

struct Counts {
  double hits = 0, false_alarms = 0, misses = 0, rejections = 0;
  double support() const { return hits + misses; }
  bool occurs() const { return hits + misses + false_alarms > 0; }
};

double ratio(double part, double whole) { return whole == 0 ? 0.0 : part / whole; }

double value_of(const ClassMetric& metric, const Counts& c) {
  switch (metric.kind) {
    case ClassMetricKind::precision:
      return ratio(c.hits, c.hits + c.false_alarms);
    case ClassMetricKind::recall:
      return ratio(c.hits, c.support());
    case ClassMetricKind::specificity:
      return ratio(c.rejections, c.rejections + c.false_alarms);
    default: {
      const double recall_counts = metric.beta * metric.beta;
      return ratio((1 + recall_counts) * c.hits, (1 + recall_counts) * c.hits + c.false_alarms + recall_counts * c.misses);
    }
  }
}

void sigmoid(std::span<float> values) {
  for (float& v : values) v = 1.0F / (1.0F + std::exp(-v));
}
void softmax(std::span<float> row) {
  const float largest = *std::max_element(row.begin(), row.end());
  float sum = 0;
  for (float& v : row) sum += v = std::exp(v - largest);
  for (float& v : row) v /= sum;
}

/// Everything about a set's predictions that the metrics ask for.
class Predictions {
 public:
  Predictions(Array outputs, const ClassTruth& truth, Scores scores) : outputs_(std::move(outputs)), truth_(truth) {
    columns_ = static_cast<std::size_t>(outputs_.shape()[outputs_.shape().rank() - 1]);
    if (outputs_.as<float>().size() != truth.rows() * columns_)
      throw Error({.category = Category::data, .where = "metrics", .what = "as many labels as predictions are needed"});
    if (scores == Scores::sigmoid_logits || (binary() && scores == Scores::softmax_logits)) {
      sigmoid(outputs_.as<float>());
    } else if (scores == Scores::softmax_logits) {
      for (std::size_t i = 0; i < rows(); ++i) softmax(outputs_.as<float>().subspan(i * columns_, columns_));
    }
  }

  bool binary() const { return columns_ == 1; }
  bool several() const { return truth_.several(); }
  std::size_t columns() const { return columns_; }

  /// Of every class; of one output: of the positive one alone.
  std::vector<Counts> counts(const ClassMetric& metric) const {
    std::vector<Counts> out(columns_);
    if (metric.by_entries() || binary() || (truth_.several() && metric.kind != ClassMetricKind::f_score))
      count_entries(metric, out);
    else if (truth_.several())
      count_largest_of_several(metric, out);
    else
      count_largest(metric, out);
    double all = 0;
    for (std::size_t i = 0; i < rows(); ++i) all += weight(metric, i);
    for (Counts& c : out) c.rejections = all - c.hits - c.misses - c.false_alarms;
    return out;
  }

  double support(const ClassMetric& metric, std::size_t column) const {
    double out = 0;
    for (std::size_t i = 0; i < rows(); ++i) out += is(i, column) ? weight(metric, i) : 0;
    return out;
  }

  /// Of one column against its class, or of every row's every column as one problem.
  double auc(const ClassMetric& metric, std::optional<std::size_t> column) const {
    RocInput in;
    for (std::size_t i = 0; i < rows(); ++i)
      for (std::size_t c = column.value_or(0); c < (column ? *column + 1 : columns_); ++c) {
        in.scores.push_back(row(i)[c]);
        in.positive.push_back(is(i, c));
        if (metric.weighted) in.weights.push_back(weight(metric, i));
      }
    if (!metric.num_thresholds) return roc_area(in);
    return metric.curve == Curve::pr ? pr_area(in, *metric.num_thresholds, metric.summation)
                                     : roc_area(in, *metric.num_thresholds, metric.summation);
  }

 private:
  std::span<const float> row(std::size_t i) const { return std::as_const(outputs_).as<float>().subspan(i * columns_, columns_); }
  std::size_t rows() const { return truth_.rows(); }
  bool is(std::size_t i, std::size_t column) const { return truth_.is(i, column, binary()); }
  double weight(const ClassMetric& metric, std::size_t i) const { return metric.weighted ? truth_.weight(i) : 1; }
  std::size_t largest(std::size_t i) const {
    return static_cast<std::size_t>(std::max_element(row(i).begin(), row(i).end()) - row(i).begin());
  }

  void count_largest(const ClassMetric& metric, std::vector<Counts>& out) const {
    for (std::size_t i = 0; i < rows(); ++i) {
      const std::size_t named = largest(i);
      const std::int32_t id = truth_.ids()[i];
      const double w = weight(metric, i);
      if (is(i, named)) {
        out[named].hits += w;
        continue;
      }
      out[named].false_alarms += w;
      if (id >= 0 && static_cast<std::size_t>(id) < columns_) out[static_cast<std::size_t>(id)].misses += w;
    }
  }

  void count_largest_of_several(const ClassMetric& metric, std::vector<Counts>& out) const {
    for (std::size_t i = 0; i < rows(); ++i) {
      const std::size_t named = largest(i);
      const double w = weight(metric, i);
      if (!is(i, named)) out[named].false_alarms += w;
      for (std::size_t c = 0; c < columns_; ++c)
        if (is(i, c)) (c == named ? out[c].hits : out[c].misses) += w;
    }
  }

  void count_entries(const ClassMetric& metric, std::vector<Counts>& out) const {
    constexpr auto lowest = -std::numeric_limits<float>::infinity();
    const float threshold = metric.threshold ? static_cast<float>(*metric.threshold) : metric.top_k ? lowest : 0.5F;
    for (std::size_t i = 0; i < rows(); ++i)
      for (std::size_t c = 0; c < columns_; ++c) {
        const bool yes = is(i, c);
        const bool named = row(i)[c] > threshold && (!metric.top_k || among_largest(i, c, *metric.top_k));
        if (yes || named) (yes ? (named ? out[c].hits : out[c].misses) : out[c].false_alarms) += weight(metric, i);
      }
  }

  /// Of equal values the first come first, as in tf.math.top_k.
  bool among_largest(std::size_t i, std::size_t c, int k) const {
    const auto values = row(i);
    int before = 0;
    for (std::size_t other = 0; other < columns_; ++other) before += values[other] > values[c] || (values[other] == values[c] && other < c);
    return before < k;
  }

  Array outputs_;
  const ClassTruth& truth_;
  std::size_t columns_ = 0;
};

/// The numbers behind one metric: a value and a weight a class, and the value of all of them together.
struct Values {
  std::vector<double> each, supports;
  std::vector<bool> counted;  ///< in a macro average
  double together = 0;
};

Values counted_values(const ClassMetric& metric, const Predictions& p) {
  Values out;
  Counts all;
  std::vector<Counts> counts = p.counts(metric);
  if (metric.class_id && !p.binary()) counts = {counts.at(static_cast<std::size_t>(*metric.class_id))};
  for (const Counts& c : counts) {
    out.each.push_back(value_of(metric, c));
    out.supports.push_back(c.support());
    out.counted.push_back(metric.by_entries() || p.several() || c.occurs());
    all.hits += c.hits;
    all.false_alarms += c.false_alarms;
    all.misses += c.misses;
    all.rejections += c.rejections;
  }
  out.together = value_of(metric, all);
  return out;
}

Values areas(const ClassMetric& metric, const Predictions& p) {
  Values out;
  if (metric.averaged() == ClassAverage::micro && !p.binary()) {
    out.together = p.auc(metric, {});
    return out;
  }
  for (std::size_t c = 0; c < p.columns(); ++c) {
    out.each.push_back(p.auc(metric, c));
    out.supports.push_back(p.support(metric, c));
    out.counted.push_back(metric.by_entries() || out.supports.back() > 0);
  }
  return out;
}

double mean(const Values& v, bool weighted) {
  double sum = 0, weights = 0;
  for (std::size_t i = 0; i < v.each.size(); ++i) {
    const double weight = !v.counted[i] ? 0 : weighted ? v.supports[i] : 1;
    if (weight == 0) continue;
    sum += weight * v.each[i];
    weights += weight;
  }
  return ratio(sum, weights);
}

std::vector<double> values_of(const ClassMetric& metric, const Predictions& p) {
  const Values v = metric.kind == ClassMetricKind::auc ? areas(metric, p) : counted_values(metric, p);
  if (p.binary()) return {v.each.at(0)};
  const ClassAverage average = metric.averaged();
  if (average == ClassAverage::none) return v.each;
  if (average == ClassAverage::micro) return {v.together};
  return {mean(v, average == ClassAverage::weighted)};
}

}  // namespace

ClassMetric::ClassMetric(const metrics::F1Score& m)
    : kind(ClassMetricKind::f_score), name(m.name.value_or("f1_score")), average(m.average), threshold(m.threshold) {}

ClassMetric::ClassMetric(const metrics::FBetaScore& m)
    : kind(ClassMetricKind::f_score), name(m.name.value_or("fbeta_score")), average(m.average), threshold(m.threshold), beta(m.beta) {
  if (!(beta > 0))
    throw Error({.category = Category::usage,
                 .where = "fbeta_score",
                 .what = "recall counts for something",
                 .expected = "beta above 0",
                 .got = std::to_string(beta)});
}

ClassMetric::ClassMetric(const metrics::AUC& m)
    : kind(ClassMetricKind::auc),
      name(m.name.value_or("auc")),
      average(m.average),
      num_thresholds(m.num_thresholds),
      curve(m.curve),
      summation(m.summation_method) {
  constexpr int usual = 200;
  if ((curve == Curve::pr || summation != Summation::interpolation) && !num_thresholds) num_thresholds = usual;
  if (num_thresholds && *num_thresholds < 2)
    throw Error({.category = Category::usage,
                 .where = "auc",
                 .what = "a curve has points",
                 .expected = "num_thresholds of 2 or more",
                 .got = std::to_string(*num_thresholds)});
}

ClassAverage ClassMetric::averaged() const {
  if (average != ClassAverage::automatic) return average;
  return by_entries() ? ClassAverage::micro : ClassAverage::macro;
}

const Catalogue<ClassMetric>& class_metric_catalogue() {
  using C = Catalogue<ClassMetric>;
  static const C list("metric",
                      {C::entry<metrics::Precision>(), C::entry<metrics::Recall>({"sensitivity"}), C::entry<metrics::Specificity>(),
                       C::entry<metrics::F1Score>({"f1"}), C::entry<metrics::FBetaScore>({"fbeta"}), C::entry<metrics::AUC>()});
  return list;
}

bool is_class_metric(const SpecValue& value) { return class_metric_catalogue().knows(value); }

ClassMetric class_metric_from_spec(const SpecValue& value) {
  ClassMetric out = class_metric_catalogue().from(value);
  if (value.keyword("name") == nullptr) out.name = value.text;
  return out;
}

std::vector<std::string> class_metric_names(const ClassMetric& metric, std::int64_t columns, std::span<const std::string> class_names) {
  const auto check = [&](const std::optional<int>& given, const char* key, std::int64_t lowest, std::int64_t highest) {
    if (!given || (*given >= lowest && *given <= highest)) return;
    throw Error({.category = Category::usage,
                 .where = "metric " + metric.name,
                 .what = std::string("there is no such ") + key,
                 .expected = std::to_string(lowest) + " to " + std::to_string(highest) + ", by the network's outputs",
                 .got = std::to_string(*given)});
  };
  check(metric.class_id, "class_id", 0, columns - 1);
  check(metric.top_k, "top_k", 1, columns);
  if (columns == 1 || metric.class_id || metric.averaged() != ClassAverage::none) return {metric.name};
  std::vector<std::string> out;
  for (std::size_t id = 0; id < static_cast<std::size_t>(columns); ++id)
    out.push_back(metric.name + "_" + (id < class_names.size() ? class_names[id] : std::to_string(id)));
  return out;
}

std::vector<std::pair<std::string, double>> class_metric_values(std::span<const ClassMetric> metrics, Array outputs,
                                                                const ClassTruth& truth, std::span<const std::string> class_names,
                                                                Scores scores) {
  const Predictions p(std::move(outputs), truth, scores);
  std::vector<std::pair<std::string, double>> out;
  for (const ClassMetric& metric : metrics) {
    const auto names = class_metric_names(metric, static_cast<std::int64_t>(p.columns()), class_names);
    const auto values = values_of(metric, p);
    for (std::size_t i = 0; i < names.size(); ++i) out.emplace_back(names[i], values[i]);
  }
  return out;
}

}  // namespace lehr
