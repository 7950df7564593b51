// metric_list.h: --metrics as what a step adds up (layers/metrics.h) and what needs all predictions (tune/class_metrics.h).
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
};

/// Each text holds one metric or several: `accuracy`, `recall,f1_score(average=weighted)`.
MetricList metrics_from_text(const std::vector<std::string>& texts);
std::vector<SpecDoc> metric_docs();  ///< for the help

}  // namespace lehr
