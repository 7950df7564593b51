#include "tune/model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu.h"
#include "tune/row_feed.h"

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

void Model::resolve(const Dataset& data) {
  build(data.sample_shape());
  if (!options_.loss) options_.loss = default_loss(data, *built_);
  if (!options_.metrics) {
    const bool regression = std::holds_alternative<MeanSquaredError>(*options_.loss) ||
                            std::holds_alternative<MeanAbsoluteError>(*options_.loss) || std::holds_alternative<Huber>(*options_.loss);
    options_.metrics = regression ? std::vector<Metric>{} : std::vector{Accuracy()};
  }
  check_labels(data, *options_.loss, built_->output().elements());
}

const Loss& Model::loss() const { return options_.loss.value(); }
const std::vector<Metric>& Model::metrics() const { return options_.metrics.value(); }

std::vector<std::string> Model::log_names(bool validation) const {
  std::vector<std::string> names{"loss"};
  for (const auto& m : metrics()) names.push_back(m.name);
  if (validation)
    for (std::size_t i = 0, n = names.size(); i < n; ++i) names.push_back("val_" + names[i]);
  names.emplace_back("learning_rate");
  return names;
}

StepPlan& Model::evaluation_plan(std::int64_t batch, const StepForm& form) {
  for (auto& cached : plans_)
    if (cached.batch == batch && cached.mode == PlanMode::evaluate && cached.form == form) return cached.plan;
  StepRequest request{.network = *built_,
                      .state = *state_,
                      .options = {.mode = PlanMode::evaluate, .batch = batch, .precision = options_.precision, .seed = options_.seed},
                      .form = form,
                      .loss = loss(),
                      .metrics = metrics()};
  plans_.push_back({.mode = PlanMode::evaluate, .batch = batch, .form = form, .plan = make_step_plan(request)});
  return plans_.back().plan;
}

namespace {

void check_rows(const std::string& name, std::int64_t rows, std::int64_t batch_size) {
  if (batch_size < 1)
    throw Error({.category = Category::usage,
                 .where = "--batch-size",
                 .what = "a batch needs samples",
                 .expected = "1 or more",
                 .got = std::to_string(batch_size)});
  if (rows < 1) throw Error({.category = Category::data, .where = name.empty() ? "data" : name, .what = "holds no samples"});
}

void begin_rows(State& state) {
  auto counters = state.read_counters();
  counters.cursor = counters.sample = 0;
  state.write_counters(counters);
}

}  // namespace

Array labels_for(const Dataset& data, bool ids) { return ids || data.y.dtype() == DType::f32 ? data.y : data.y.as_f32(); }

StepForm Model::evaluation_form(const Dataset& data) const {
  StepForm form = form_of(data, options_.input);
  form.ids = takes_ids(loss());
  return form;
}

std::size_t Model::prepare_evaluation(const Dataset& data, std::int64_t batch_size) {
  resolve(data);
  const std::int64_t n = data.size(), batch = std::min(batch_size, n);
  const StepForm form = evaluation_form(data);
  std::size_t bytes = evaluation_plan(batch, form).plan->bytes();
  if (n % batch != 0) bytes += evaluation_plan(n % batch, form).plan->bytes();
  return bytes;
}

Evaluation Model::evaluate(const Dataset& data, std::int64_t batch_size, const std::function<bool()>& interrupted) {
  check_rows(data.name, data.size(), batch_size);
  resolve(data);
  const StepForm form = evaluation_form(data);
  const Array y = labels_for(data, form.ids);
  const std::int64_t n = data.size(), batch = std::min(batch_size, n);
  const auto feed = make_row_feed(backend(), data, y, batch);
  Evaluation out;
  out.predicted.reserve(static_cast<std::size_t>(n));
  std::vector<double> sums;
  feed->start({}, 0);
  begin_rows(*state_);
  for (std::int64_t begin = 0; begin < n;) {
    const std::int64_t size = std::min(batch, n - begin), count = size == batch ? (n - begin) / batch : 1;
    StepPlan& step = evaluation_plan(size, form);
    step.zero_sums(backend());
    for (std::int64_t i = 0; i < count; ++i, begin += size) {
      if (interrupted && interrupted()) return {.complete = false};
      feed->feed(step);
      step.plan->run();
      if (!step.predicted) continue;
      out.predicted.resize(static_cast<std::size_t>(begin + size));
      backend().copy_out(&out.predicted[static_cast<std::size_t>(begin)], step.plan->view(step.predicted).data,
                         static_cast<std::size_t>(size) * sizeof(std::int32_t));
    }
    const auto part = step.read_sums(backend());
    if (sums.empty()) sums.assign(part.size(), 0);
    for (std::size_t i = 0; i < part.size(); ++i) sums[i] += part[i];
  }
  out.values.emplace_back("loss", sums.at(0) / sums.at(1));
  for (std::size_t i = 0; i < metrics().size(); ++i) out.values.emplace_back(metrics()[i].name, sums[2 * i + 2] / sums[2 * i + 3]);
  return out;
}

Array Model::predict_rows(RowFeed& feed, DType dtype, std::int64_t rows, std::int64_t batch_size) {
  const std::int64_t width = built_->output().elements();
  Array out(built_->output().with_batch(rows), DType::f32);
  const StepForm form{.x = dtype, .sample = built_->input(), .input = options_.input.of(dtype)};
  feed.start({}, 0);
  begin_rows(*state_);
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t size = std::min(batch_size, rows - begin);
    StepPlan step =
        make_step_plan({.network = *built_,
                        .state = *state_,
                        .options = {.mode = PlanMode::predict, .batch = size, .precision = options_.precision, .seed = options_.seed},
                        .form = form});
    for (std::int64_t i = size == batch_size ? (rows - begin) / size : 1; i > 0; --i, begin += size) {
      feed.feed(step);
      step.plan->run();
      const View view = step.plan->view(step.outputs);
      Array part(Shape{size * width}, view.dtype);
      backend().copy_out(part.data(), view.data, part.bytes());
      const Array f32 = part.as_f32();
      std::memcpy(out.data() + static_cast<std::size_t>(begin * width) * sizeof(float), f32.data(), f32.bytes());
    }
  }
  return out;
}

Array Model::predict(const Array& x, std::int64_t batch_size) {
  check_rows("the input", x.rows(), batch_size);
  build(x.shape().without_batch());
  if (x.dtype() != DType::u8 && x.dtype() != DType::f32) return predict(x.as_f32(), batch_size);
  return predict_rows(*make_row_feed(backend(), x), x.dtype(), x.rows(), std::min(batch_size, x.rows()));
}

Array Model::predict(const Dataset& data, std::int64_t batch_size) {
  if (!data.streamed) return predict(data.x, batch_size);
  check_rows(data.name, data.size(), batch_size);
  build(data.sample_shape());
  const std::int64_t batch = std::min(batch_size, data.size());
  const Array no_labels;
  return predict_rows(*make_row_feed(backend(), data, no_labels, batch), data.x_dtype(), data.size(), batch);
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
