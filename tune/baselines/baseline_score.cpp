#include "tune/baselines/baseline_score.h"

#include <algorithm>
#include <cmath>

#include "tune/job_inputs.h"
#include "tune/metric_list.h"
#include "tune/steady_seconds.h"

namespace lehr {

namespace {

InputTransform transform_for(const FitJob& job, const Dataset& train) {
  const InputTransform out =
      job.scale_features.empty() ? input_transform(job, train) : scaled_input(fit_scaler(feature_scaling_of(job), train), train);
  if (out.bgr)
    throw Error({.category = Category::usage, .where = "--preprocess", .what = "is for networks", .expected = "a baseline without it"});
  return out;
}

/// f32 [n, features], as a network's first layer would see them.
Array inputs_of(const Dataset& data, const InputTransform& given) {
  if (data.streamed)
    throw Error({.category = Category::usage,
                 .where = "--memory",
                 .what = "a baseline needs all samples at once",
                 .expected = "a set that fits into --memory"});
  const InputTransform t = given.of(data.x_dtype());
  Array x = data.x.as_f32().reshaped({data.size(), data.sample_shape().elements()});
  const auto channels = static_cast<std::size_t>(data.sample_shape().rank() == 0 ? 1 : data.sample_shape().back());
  const auto pick = [&](const std::vector<double>& values, std::size_t i, double fallback) {
    return values.empty() ? fallback : values.size() == 1 ? values[0] : values[i % channels];
  };
  const auto values = x.as<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(values[i]) * pick(t.scale, i, 1) + pick(t.offset, i, 0));
  return x;
}

MetricList metrics_of(const FitJob& job) {
  MetricList out;
  if (!job.weighted_metrics.empty())
    throw Error(
        {.category = Category::usage, .where = "--weighted-metrics", .what = "a baseline counts every row once", .expected = "--metrics"});
  if (job.metrics.empty())
    out.metrics = {Accuracy()};
  else
    out = metrics_from_text(job.metrics);
  for (const auto& m : out.metrics)
    if (m.kind != MetricKind::accuracy)
      throw Error({.category = Category::usage,
                   .where = "--metrics " + m.name,
                   .what = "is not counted of a baseline",
                   .expected = "accuracy, precision, recall, specificity, f1_score, auc"});
  return out;
}

void check_classes(const Dataset& data) {
  if (const LabelKind kind = data.labels(); kind != LabelKind::ids && kind != LabelKind::one_hot)
    throw Error({.category = Category::usage,
                 .where = data.name,
                 .what = "a baseline tells classes apart, and there are none",
                 .expected = "class ids or one-hot rows"});
}

double cross_entropy(const Array& p, const std::vector<std::int32_t>& truth) {
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    sum -= std::log(std::max(
        static_cast<double>(p.as<float>()[i * static_cast<std::size_t>(p.row_elements()) + static_cast<std::size_t>(truth[i])]), 1e-7));
  return sum / static_cast<double>(truth.size());
}

std::vector<std::int32_t> largest(const Array& p) {
  std::vector<std::int32_t> out;
  for (std::int64_t row = 0; row < p.rows(); ++row) {
    const auto values = p.as<float>().subspan(static_cast<std::size_t>(row * p.row_elements()), static_cast<std::size_t>(p.row_elements()));
    out.push_back(static_cast<std::int32_t>(std::max_element(values.begin(), values.end()) - values.begin()));
  }
  return out;
}

}  // namespace

std::vector<std::string> baseline_metrics(const FitJob& job, const Dataset& train) {
  check_classes(train);
  std::vector<std::string> out{"loss"};
  const MetricList list = metrics_of(job);
  for (const auto& m : list.metrics) out.push_back(m.name);
  for (const auto& m : list.class_metrics)
    for (auto& name : class_metric_names(m, train.classes(), train.class_names)) out.push_back(std::move(name));
  return out;
}

BaselineScore score_baseline(const Baseline& baseline, const FitJob& job, const Dataset& train, const Dataset& held_out) {
  if (train.table != nullptr) {
    const TableEncoder encoder = fit_table(train);
    return score_baseline(baseline, job, encoder.apply(train), held_out.table != nullptr ? encoder.apply(held_out) : held_out);
  }
  const double begin = steady_seconds();
  const MetricList list = metrics_of(job);
  for (const Dataset* data : {&train, &held_out}) {
    check_classes(*data);
    check_dataset(*data);
  }
  const std::int64_t classes = std::max(train.classes(), held_out.classes());
  const InputTransform transform = transform_for(job, train);
  const auto classifier = train_classifier(baseline, inputs_of(train, transform), train.label_ids(), classes, job.threads);
  Array p = classifier->predict(inputs_of(held_out, transform), job.threads);
  const auto truth = held_out.label_ids();
  BaselineScore out{.parameters = classifier->parameters()};
  Evaluation& e = out.evaluation;
  e.predicted = largest(p);
  e.values.emplace_back("loss", cross_entropy(p, truth));
  double right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) right += truth[i] == e.predicted[i] ? 1 : 0;
  for (const auto& m : list.metrics) e.values.emplace_back(m.name, right / static_cast<double>(truth.size()));
  for (auto& value : class_metric_values(list.class_metrics, std::move(p), truth, train.class_names)) e.values.push_back(std::move(value));
  out.seconds = steady_seconds() - begin;
  return out;
}

}  // namespace lehr
