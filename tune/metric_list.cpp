#include "tune/metric_list.h"

#include <algorithm>

#include "engine/spec/parse.h"

namespace lehr {

void MetricList::add(const SpecValue& value) {
  auto names = metric_names();
  for (const auto& entry : class_metric_catalogue().entries()) {
    names.push_back({std::string(entry.info.name), std::string(entry.info.class_name)});
    names.back().insert(names.back().end(), entry.aliases.begin(), entry.aliases.end());
  }
  const auto keep = [&](auto& list, auto metric) {
    if (has(metric.name))
      throw spec_error(value, {.category = Category::usage,
                               .what = "two metrics of one name",
                               .expected = "a name of its own",
                               .got = metric.name,
                               .hint = "Give it one: " + value.text + "(name=...)."});
    list.push_back(std::move(metric));
  };
  if (find_entry(value, "metric", names) < metric_names().size())
    keep(metrics, metric_from_spec(value));
  else
    keep(class_metrics, class_metric_from_spec(value));
}

bool MetricList::has(const std::string& name) const {
  const auto same = [&](const auto& metric) { return metric.name == name; };
  return std::any_of(metrics.begin(), metrics.end(), same) || std::any_of(class_metrics.begin(), class_metrics.end(), same);
}

void MetricList::add_weighted(MetricList others) {
  const auto add = [this](auto& list, auto metric) {
    metric.weighted = true;
    if (has(metric.name)) metric.name = "weighted_" + metric.name;
    list.push_back(std::move(metric));
  };
  for (auto& metric : others.metrics) add(metrics, std::move(metric));
  for (auto& metric : others.class_metrics) add(class_metrics, std::move(metric));
}

MetricList metrics_from_text(const std::vector<std::string>& texts, const std::vector<std::string>& weighted) {
  const auto read = [](const std::vector<std::string>& list, const char* flag) {
    MetricList out;
    for (const auto& text : list)
      for (const auto& value : parse_spec("[" + text + "]", flag).items) out.add(value);
    return out;
  };
  MetricList out = read(texts, "--metrics");
  out.add_weighted(read(weighted, "--weighted-metrics"));
  return out;
}

std::vector<SpecDoc> metric_docs() {
  std::vector<SpecDoc> out;
  const FieldDoc name{.name = "name", .type = "text", .meaning = "in logs", .default_text = "as written"};
  const FieldDoc k{.name = "k", .type = "a whole number", .meaning = "how many may be named", .default_text = "5"};
  const FieldDoc threshold{.name = "threshold", .type = "a number", .meaning = "a probability above it says yes", .default_text = "0.5"};
  const char* summaries[] = {"share of rows whose class is named: of ids, one-hot rows or one output, as the labels are",
                             "share of outputs that are on the right side of the threshold, each a yes or no",
                             "share of rows whose class is among the k largest outputs", "mean of (y - p)^2", "mean of |y - p|"};
  for (std::size_t i = 0; i < metric_names().size(); ++i) {
    const auto& row = metric_names()[i];
    SpecDoc doc{
        .name = row[0], .class_name = {}, .summary = summaries[i], .formula = {}, .aliases = {row.begin() + 1, row.end()}, .fields = {}};
    if (static_cast<MetricKind>(i) == MetricKind::top_k) doc.fields.push_back(k);
    if (static_cast<MetricKind>(i) == MetricKind::binary_accuracy) doc.fields.push_back(threshold);
    doc.fields.push_back(name);
    out.push_back(std::move(doc));
  }
  const auto rest = class_metric_catalogue().docs();
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace lehr
