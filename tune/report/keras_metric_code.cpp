#include "tune/report/keras_metric_code.h"

#include <fmt/format.h>

#include "tune/keras_metrics.h"

namespace lehr {

namespace {

constexpr const char* of_labels_begin = R"(
def of_labels(metric):
    """Keras's metric, which wants one-hot rows and probabilities, for what this model has."""
    class OfLabels(metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
)";
constexpr const char* of_labels_end = R"(            return super().update_state(y_true, y_pred, sample_weight)
    return OfLabels

)";

constexpr const char* each_class_begin = R"(
class EachClass(keras.metrics.Metric):
    """Each class against the rest, and what comes of it on average: Keras has this of all outputs together only.

    named(y_pred): ones where a class is said. value(tp, fp, fn, tn): part and whole. counted(tp, fp, fn): the weights of a mean.
    """

    def __init__(self, classes, named, value, counted, name):
        super().__init__(name=name)
        self.named, self.value, self.counted = named, value, counted
        self.counts = self.add_weight(shape=(4, classes), initializer='zeros', name='counts')

    def update_state(self, y_true, y_pred, sample_weight=None):
)";
constexpr const char* each_class_end =
    R"(        true, said = keras.ops.cast(y_true, 'float32'), keras.ops.cast(self.named(y_pred), 'float32')
        cells = true * said, (1 - true) * said, true * (1 - said), (1 - true) * (1 - said)
        weight = 1.0 if sample_weight is None else keras.ops.reshape(keras.ops.cast(sample_weight, 'float32'), (-1, 1))
        self.counts.assign_add(keras.ops.stack([keras.ops.sum(weight * cell, 0) for cell in cells]))

    def result(self):
        tp, fp, fn, tn = (self.counts[i] for i in range(4))
        part, whole = self.value(tp, fp, fn, tn)
        if self.counted == 'micro':
            return keras.ops.divide_no_nan(keras.ops.sum(part), keras.ops.sum(whole))
        each = keras.ops.divide_no_nan(part, whole)
        if self.counted == 'none':
            return each
        weights = keras.ops.cast(self.counted(tp, fp, fn), 'float32')
        return keras.ops.divide_no_nan(keras.ops.sum(weights * each), keras.ops.sum(weights))

)";

std::string python(const JsonValue& value) {
  if (value.is_null()) return "None";
  if (value.kind() == JsonValue::Kind::boolean) return value.boolean() ? "True" : "False";
  return value.is_string() ? "'" + value.string() + "'" : value.text();
}

/// One for what Keras's defaults leave out: arguments that are None there say nothing.
std::string arguments(const JsonValue& config) {
  std::string out;
  for (const auto& [key, value] : config.members())
    if (!value.is_null()) out += (out.empty() ? "" : ", ") + key + "=" + python(value);
  return out;
}

class Writer {
 public:
  Writer(const Loss& loss, std::int64_t outputs) : loss_(loss), outputs_(outputs) {}

  void add(const Metric& metric) {
    const KerasMetric keras = keras_metric(metric, loss_);
    item(metric.weighted,
         keras.class_name.empty() ? python(keras.config) : "keras.metrics." + keras.class_name + "(" + arguments(keras.config) + ")");
  }

  void add(const ClassMetric& metric) {
    if (const auto keras = keras_metric(metric, outputs_ == 1)) {
      const bool flat = outputs_ == 1 && metric.kind == ClassMetricKind::f_score;  // refuses labels that are no column
      const bool adapted = takes_ids(loss_) || from_logits(loss_) || flat;
      adapts_ = adapts_ || adapted;
      const std::string name = "keras.metrics." + keras->class_name;
      item(metric.weighted, (adapted ? "of_labels(" + name + ")" : name) + "(" + arguments(keras->config) + ")");
    } else if (metric.kind == ClassMetricKind::auc) {
      notes_ += "# " + metric.name + ": Keras has no such average of AUC\n";
    } else {
      counts_ = true;
      item(metric.weighted,
           fmt::format("EachClass({}, {}, {}, {}, name='{}')", outputs_, named(metric), value(metric), counted(metric), metric.name));
    }
  }

  KerasMetricCode code() && {
    KerasMetricCode out{.list = std::move(list_), .weighted = std::move(weighted_)};
    if (adapts_) out.definitions += of_labels_begin + adapting(12) + of_labels_end;
    if (counts_) out.definitions += each_class_begin + adapting(8) + each_class_end;
    out.definitions += notes_;
    return out;
  }

 private:
  void item(bool weighted, const std::string& text) {
    std::string& list = weighted ? weighted_ : list_;
    list += (list.empty() ? "" : ",\n                       ") + text;
  }

  /// Labels as one-hot rows, outputs as probabilities.
  std::string adapting(std::size_t indent) const {
    const std::string space(indent, ' ');
    std::string out;
    if (takes_ids(loss_)) out += space + "y_true = keras.ops.one_hot(keras.ops.reshape(y_true, (-1,)), y_pred.shape[-1])\n";
    if (outputs_ == 1) out += space + "y_true = keras.ops.reshape(y_true, (-1, 1))\n";
    if (from_logits(loss_))
      out += space + fmt::format("y_pred = keras.ops.{}(y_pred)\n", outputs_ == 1 || is_binary(loss_) ? "sigmoid" : "softmax");
    return out;
  }

  bool several() const { return is_binary(loss_) && outputs_ > 1; }  ///< a row may have several classes

  std::string named(const ClassMetric& metric) const {
    if (!metric.by_entries() && outputs_ > 1 && !(several() && metric.kind != ClassMetricKind::f_score))
      return "lambda y: keras.ops.one_hot(keras.ops.argmax(y, -1), y.shape[-1])";
    const std::string above = fmt::format("y > {}", metric.threshold.value_or(0.5));
    if (!metric.top_k) return "lambda y: " + above;
    const std::string largest = fmt::format("keras.ops.sum(keras.ops.one_hot(keras.ops.top_k(y, {})[1], y.shape[-1]), -2)", *metric.top_k);
    return "lambda y: " + largest + (metric.threshold ? " * keras.ops.cast(" + above + ", 'float32')" : "");
  }

  static std::string value(const ClassMetric& metric) {
    switch (metric.kind) {
      case ClassMetricKind::precision:
        return "lambda tp, fp, fn, tn: (tp, tp + fp)";
      case ClassMetricKind::recall:
        return "lambda tp, fp, fn, tn: (tp, tp + fn)";
      case ClassMetricKind::specificity:
        return "lambda tp, fp, fn, tn: (tn, tn + fp)";
      default:
        return fmt::format("lambda tp, fp, fn, tn: ({0} * tp, {0} * tp + fp + {1} * fn)", 1 + metric.beta * metric.beta,
                           metric.beta * metric.beta);
    }
  }

  std::string counted(const ClassMetric& metric) const {
    if (metric.class_id && outputs_ > 1) return fmt::format("lambda tp, fp, fn: keras.ops.one_hot({}, {})", *metric.class_id, outputs_);
    if (outputs_ == 1 || metric.averaged() == ClassAverage::micro) return "'micro'";
    if (metric.averaged() == ClassAverage::none) return "'none'";
    if (metric.averaged() == ClassAverage::weighted) return "lambda tp, fp, fn: tp + fn";
    return metric.by_entries() || several() ? "lambda tp, fp, fn: tp + fp + fn >= 0" : "lambda tp, fp, fn: tp + fp + fn > 0";
  }

  const Loss& loss_;
  std::int64_t outputs_;
  std::string list_ = {}, weighted_ = {}, notes_ = {};
  bool adapts_ = false, counts_ = false;
};

}  // namespace

KerasMetricCode keras_metric_code(const std::vector<Metric>& metrics, const std::vector<ClassMetric>& class_metrics, const Loss& loss,
                                  std::int64_t outputs) {
  Writer writer(loss, outputs);
  for (const auto& metric : metrics) writer.add(metric);
  for (const auto& metric : class_metrics) writer.add(metric);
  return std::move(writer).code();
}

}  // namespace lehr
