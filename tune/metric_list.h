// metric_list.h: --metrics and --weighted-metrics as what a step adds up (layers/metrics.h) and what needs all predictions (tune/class_metrics.h).
#pragma once

#include <string>
#include <vector>

#include "layers/metrics.h"
#include "tune/class_metrics.h"

namespace lehr {

struct MetricList {
  std::vector<Metric> metrics = {};
  std::vector<ClassMetric> class_metrics = {};
  void add(const SpecValue& value);  ///< Error{usage} lists all there are, and refuses a second one of the same name
  /// To count rows by their sample weights; one of a name that is taken is, as in Keras, weighted_name.
  void add_weighted(MetricList others);
  bool has(const std::string& name) const;
};

/// Each text holds one metric or several: `accuracy`, `recall,f1_score(average=weighted)`.
MetricList metrics_from_text(const std::vector<std::string>& texts, const std::vector<std::string>& weighted = {});
std::vector<SpecDoc> metric_docs();  ///< for the help

}  // namespace lehr
