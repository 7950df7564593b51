// Model's evaluation and prediction: every batch is one step of a plan, results gather in a table on the device, and the host reads that once.
#include "tune/evaluation.h"

#include <algorithm>
#include <cstring>

namespace lehr {

StepPlan& Model::evaluation_plan(std::int64_t batch, const StepForm& form) {
  for (auto& cached : plans_)
    if (cached.batch == batch && cached.mode == PlanMode::evaluate && cached.form == form) return cached.plan;
  StepRequest request{.network = *built_,
                      .state = *state_,
                      .options = {.mode = PlanMode::evaluate, .batch = batch, .precision = options_.precision, .seed = options_.seed},
                      .form = form,
                      .loss = loss(),
                      .metrics = metrics(),
                      .store_outputs = !class_metrics().empty()};
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

std::unique_ptr<PreparedEvaluation> Model::prepare_evaluation(const Dataset& data, std::int64_t batch_size) {
  check_rows(data.name, data.size(), batch_size);
  resolve(data);
  auto out = std::make_unique<PreparedEvaluation>();
  out->rows = data.size();
  out->batch = std::min(batch_size, out->rows);
  out->form = form_of(data, options_.input);
  out->form.ids = takes_ids(loss());
  out->labels = {.y = labels_for(data, out->form.ids), .sample_weights = data.sample_weights};
  out->feed = make_row_feed(backend(), data, out->labels, out->batch);
  const StepPlan& whole = evaluation_plan(out->batch, out->form);
  const bool names_classes = static_cast<bool>(whole.predicted);
  out->plan_bytes = whole.plan->bytes();
  if (out->rows % out->batch != 0) out->plan_bytes += evaluation_plan(out->rows % out->batch, out->form).plan->bytes();
  if (names_classes) out->predicted = Buffer(backend(), static_cast<std::size_t>(out->rows) * sizeof(std::int32_t));
  if (!class_metrics().empty()) {
    out->truth = class_truth(data);
    out->outputs = Buffer(backend(), static_cast<std::size_t>(out->rows * built_->output().elements()) * sizeof(float));
    out->plan_bytes += out->outputs.bytes();
  }
  return out;
}

Evaluation Model::evaluate(const Dataset& data, std::int64_t batch_size, const std::function<bool()>& interrupted) {
  if (data.table != nullptr) return evaluate(features_of(data), batch_size, interrupted);
  return evaluate(*prepare_evaluation(data, batch_size), interrupted);
}

Evaluation Model::evaluate(PreparedEvaluation& on, const std::function<bool()>& interrupted) {
  std::vector<double> sums;
  on.feed->start({}, 0);
  begin_rows(*state_);
  for (std::int64_t begin = 0; begin < on.rows;) {
    const std::int64_t size = std::min(on.batch, on.rows - begin), count = size == on.batch ? (on.rows - begin) / on.batch : 1;
    StepPlan& step = evaluation_plan(size, on.form);
    if (step.predicted) step.plan->bind_result(step.predicted, {on.predicted.data(), DType::i32, static_cast<std::size_t>(on.rows)});
    if (step.outputs) step.plan->bind_result(step.outputs, {on.outputs.data(), DType::f32, on.outputs.bytes() / sizeof(float)});
    step.zero_sums(backend());
    for (std::int64_t i = 0; i < count; ++i, begin += size) {
      if (interrupted && interrupted()) return {.complete = false};
      on.feed->feed(step);
      step.plan->run();
    }
    const auto part = step.read_sums(backend());
    if (sums.empty()) sums.assign(part.size(), 0);
    for (std::size_t i = 0; i < part.size(); ++i) sums[i] += part[i];
  }
  Evaluation out;
  out.predicted.resize(on.predicted.bytes() / sizeof(std::int32_t));
  backend().copy_out(out.predicted.data(), on.predicted.data(), on.predicted.bytes());
  out.values.emplace_back("loss", sums.at(0) / sums.at(1));
  for (std::size_t i = 0; i < metrics().size(); ++i) out.values.emplace_back(metrics()[i].name, sums[2 * i + 2] / sums[2 * i + 3]);
  if (!class_metrics().empty()) {
    Array outputs(built_->output().with_batch(on.rows), DType::f32);
    backend().copy_out(outputs.data(), on.outputs.data(), on.outputs.bytes());
    for (auto& value : class_values(std::move(outputs), on.truth)) out.values.push_back(std::move(value));
  }
  return out;
}

// The table holds as many whole batches as fit into 64 MiB, one at least, and is read whenever it is full.
Array Model::predict_rows(RowFeed& feed, DType dtype, std::int64_t rows, std::int64_t batch_size) {
  const std::int64_t width = built_->output().elements();
  Array out(built_->output().with_batch(rows), DType::f32);
  const StepForm form{.x = dtype, .sample = built_->input(), .input = options_.input.of(dtype)};
  const std::int64_t row_bytes = width * static_cast<std::int64_t>(sizeof(float)), fitting = (std::int64_t{64} << 20U) / row_bytes;
  const std::int64_t held = std::min((rows + batch_size - 1) / batch_size, std::max<std::int64_t>(1, fitting / batch_size)) * batch_size;
  const Buffer table(backend(), static_cast<std::size_t>(held * row_bytes));
  feed.start({}, 0);
  begin_rows(*state_);
  for (std::int64_t begin = 0, read = 0; begin < rows;) {
    const std::int64_t size = std::min(batch_size, rows - begin);
    StepPlan step =
        make_step_plan({.network = *built_,
                        .state = *state_,
                        .options = {.mode = PlanMode::predict, .batch = size, .precision = options_.precision, .seed = options_.seed},
                        .form = form});
    step.plan->bind_result(step.outputs, {table.data(), DType::f32, table.bytes() / sizeof(float)});
    for (std::int64_t i = size == batch_size ? (rows - begin) / size : 1; i > 0; --i) {
      feed.feed(step);
      step.plan->run();
      begin += size;
      if (begin - read < held && begin < rows) continue;
      backend().copy_out(out.data() + read * row_bytes, table.data(), static_cast<std::size_t>((begin - read) * row_bytes));
      read = begin;
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
  if (data.table != nullptr) return predict(features_of(data), batch_size);
  if (!data.streamed) return predict(data.x, batch_size);
  check_rows(data.name, data.size(), batch_size);
  build(data.sample_shape());
  const std::int64_t batch = std::min(batch_size, data.size());
  const RowLabels no_labels;
  return predict_rows(*make_row_feed(backend(), data, no_labels, batch), data.x_dtype(), data.size(), batch);
}

}  // namespace lehr
