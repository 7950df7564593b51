#include "tune/model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu.h"

namespace lehr {

double Evaluation::value(const std::string& name) const {
  for (const auto& [key, v] : values)
    if (key == name) return v;
  return std::numeric_limits<double>::quiet_NaN();
}

Model::Model(Network network, ModelOptions options)
    : network_(std::move(network)), options_(std::move(options)), messages_(options_.notes) {
  if (!options_.backend) options_.backend = std::make_shared<Cpu>();
  if (network_.input_shape()) build(*network_.input_shape());
}

void Model::build(const Shape& input) {
  if (built_) {
    if (input != built_->input())
      throw Error({.category = Category::usage,
                   .where = "model",
                   .what = "the data's shape is not that of the model's input",
                   .expected = built_->input().text(),
                   .got = input.text(),
                   .hint = "Give --image-size and --color, or another model."});
    return;
  }
  auto built = std::make_unique<BuiltNetwork>(network_, input);
  state_ = std::make_unique<State>(backend(), built->tensors(), options_.precision == Precision::mixed_bfloat16);
  built->initialize(*state_, options_.seed);
  if (const auto which = options_.optimizer.evaluation_weights()) averaged_ = std::make_unique<AveragedWeights>(*state_, *which);
  built_ = std::move(built);
  if (!network_.weights().empty() && network_.weights() != "none") load_source();
}

const BuiltNetwork& Model::network() const {
  if (!built_)
    throw Error({.category = Category::usage,
                 .where = "model",
                 .what = "the input's shape is not known yet",
                 .hint = "Give --input-shape, or data."});
  return *built_;
}
State& Model::state() const {
  network();
  return *state_;
}

Loss default_loss(const Dataset& data, const BuiltNetwork& network) {
  const auto last = network.final_activation().value_or(Activation::linear);
  const bool logits = last != Activation::softmax && last != Activation::sigmoid;
  const bool single = network.output().elements() == 1;
  switch (data.labels()) {
    case LabelKind::one_hot:
      return CategoricalCrossentropy{.from_logits = logits};
    case LabelKind::values:
      return MeanSquaredError{};
    default:
      break;
  }
  if (single) return BinaryCrossentropy{.from_logits = logits};
  return SparseCategoricalCrossentropy{.from_logits = logits};
}

namespace {

void check_labels(const Dataset& data, const Loss& loss, std::int64_t outputs) {
  const LabelKind kind = data.labels();
  const std::string name(name_of(loss));
  const auto fail = [&](std::string what, std::string expected, std::string got, std::string hint) {
    throw Error({.category = Category::usage,
                 .where = "loss " + name,
                 .what = std::move(what),
                 .expected = std::move(expected),
                 .got = std::move(got),
                 .hint = std::move(hint)});
  };
  if (kind == LabelKind::none) fail("the data has no labels", "labels", "none", "Give a label file or a labelled set.");
  if (takes_ids(loss) && kind != LabelKind::ids)
    fail(kind == LabelKind::one_hot ? "the labels are one-hot" : "the labels are float values", "class ids", data.y.shape().text(),
         kind == LabelKind::one_hot ? "Use categorical_crossentropy." : "Use mse or mae.");
  if (takes_ids(loss)) {
    std::int64_t largest = 0;
    for (const auto id : data.label_ids()) {
      if (id < 0) fail("a label is out of range", "0 to " + std::to_string(outputs - 1), std::to_string(id), "");
      largest = std::max<std::int64_t>(largest, id);
    }
    if (largest >= outputs)
      fail("a label is out of range", "0 to " + std::to_string(outputs - 1) + " (the network has " + std::to_string(outputs) + " outputs)",
           std::to_string(largest), "Give the last layer " + std::to_string(data.classes()) + " units.");
    return;
  }
  if (std::holds_alternative<CategoricalCrossentropy>(loss) && kind == LabelKind::ids)
    fail("the labels are class ids", "one-hot rows", data.y.shape().text(), "Use sparse_categorical_crossentropy.");
  if (kind == LabelKind::ids && outputs != 1)
    fail("the labels are class ids", std::to_string(outputs) + " values a row", "ids", "Use sparse_categorical_crossentropy.");
  if (kind != LabelKind::ids && data.y.row_elements() != outputs)
    fail("labels and outputs differ in length", std::to_string(outputs) + " values a row", std::to_string(data.y.row_elements()), "");
}

}  // namespace

Dataset Model::features_of(const Dataset& data) const {
  if (data.table == nullptr) return data;
  if (options_.table == nullptr)
    throw Error({.category = Category::usage,
                 .where = data.name,
                 .what = "the model has not learned what a table's cells become",
                 .expected = "a model that was trained on a table"});
  return options_.table->apply(data);
}

void Model::learn_table(const Dataset& train) {
  if (train.table != nullptr && options_.table == nullptr) options_.table = std::make_shared<const TableEncoder>(fit_table(train));
}

void Model::resolve(const Dataset& data) {
  if (data.table != nullptr) return resolve(features_of(data));
  build(data.sample_shape());
  if (!options_.loss) options_.loss = default_loss(data, *built_);
  if (!options_.metrics) {
    const bool classes = is_crossentropy(*options_.loss) || std::holds_alternative<CategoricalHinge>(*options_.loss);
    options_.metrics = classes ? std::vector{Accuracy()} : std::vector<Metric>{};
  }
  check_labels(data, *options_.loss, built_->output().elements());
  if (class_names_.empty()) class_names_ = data.class_names;
  if (!class_metrics().empty()) class_truth(data);
  for (const auto& metric : class_metrics()) class_metric_names(metric, built_->output().elements());
}

/// Of outputs that are no probabilities, as the loss takes them.
std::vector<std::pair<std::string, double>> Model::class_values(Array outputs, const ClassTruth& truth) const {
  const Scores logits = is_binary(loss()) ? Scores::sigmoid_logits : Scores::softmax_logits;
  return class_metric_values(class_metrics(), std::move(outputs), truth, class_names_,
                             from_logits(loss()) ? logits : Scores::probabilities);
}

const Loss& Model::loss() const { return options_.loss.value(); }
const std::vector<Metric>& Model::metrics() const { return options_.metrics.value(); }
bool Model::weighted_metrics() const {
  const auto weighted = [](const auto& metric) { return metric.weighted; };
  return std::any_of(metrics().begin(), metrics().end(), weighted) || std::any_of(class_metrics().begin(), class_metrics().end(), weighted);
}

std::vector<std::string> Model::log_names(bool validation) const {
  std::vector<std::string> names{"loss"};
  for (const auto& m : metrics()) names.push_back(m.name);
  for (const auto& m : class_metrics())
    for (auto& name : class_metric_names(m, network().output().elements(), class_names_)) names.push_back(std::move(name));
  if (validation)
    for (std::size_t i = 0, n = names.size(); i < n; ++i) names.push_back("val_" + names[i]);
  names.emplace_back("learning_rate");
  return names;
}

NamedArrays Model::weights() const {
  NamedArrays out;
  for (std::size_t i = 0; i < state().tensors().size(); ++i) out.emplace_back(state().tensors()[i].name, state().read(i));
  return out;
}

NamedArrays Model::training_weights() const {
  NamedArrays out = weights();
  if (averaged_ == nullptr || !averaged_->inside()) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& tensor = state().tensors()[i];
    if (tensor.statistic) continue;
    const auto begin = averaged_->training().begin() + tensor.offset;
    std::copy(begin, begin + tensor.shape.elements(), out[i].second.as<float>().begin());
  }
  return out;
}

AveragedWeights* Model::averaged_weights() const { return averaged_.get(); }

void Model::set_weights(const NamedArrays& weights, const std::string& source) {
  for (std::size_t i = 0; i < state().tensors().size(); ++i) {
    const auto& tensor = state().tensors()[i];
    const Array* found = find_array(weights, tensor.name);
    if (found == nullptr)
      throw Error({.category = Category::data,
                   .where = source,
                   .what = "has no weight \"" + tensor.name + "\"",
                   .expected = std::to_string(state().tensors().size()) + " weights, as of this model",
                   .got = std::to_string(weights.size()) + " arrays",
                   .hint = "The file belongs to another model."});
    if (found->shape() != tensor.shape)
      throw Error({.category = Category::data,
                   .where = source + ", \"" + tensor.name + "\"",
                   .what = "wrong shape",
                   .expected = tensor.shape.text(),
                   .got = found->shape().text()});
    if (averaged_ != nullptr) averaged_->leave();
    state().write(i, *found);
  }
  state().refresh_copy();
}

}  // namespace lehr
