#include "tune/step_plan.h"

#include <cmath>
#include <limits>

#include "kernels/gather.h"
#include "kernels/metrics.h"
#include "kernels/store_rows.h"
#include "layers/penalties.h"
#include "optim/emit.h"

namespace lehr {

InputTransform rescaling(double factor) { return factor == 1 ? InputTransform{} : InputTransform{.scale = {factor}}; }

InputTransform preprocessing(Preprocess preprocess) {
  if (preprocess == Preprocess::none) return {};
  return {.scale = {1.0, 1.0, 1.0}, .offset = {-103.939, -116.779, -123.68}, .bgr = true};
}

StepForm form_of(const Dataset& data, const InputTransform& input, bool class_weights) {
  StepForm form{.x = data.x_dtype(),
                .sample = data.sample_shape(),
                .input = input.of(data.x_dtype()),
                .class_weights = class_weights,
                .sample_weights = !data.sample_weights.empty()};
  form.ids = data.labels() == LabelKind::ids || data.labels() == LabelKind::none;
  if (!form.ids) form.label_columns = data.y.row_elements();
  return form;
}

void StepPlan::zero_sums(Backend& backend) const {
  for (const Value sum : sums) backend.zero(plan->view(sum).data, plan->view(sum).bytes());
}

std::vector<double> StepPlan::read_sums(Backend& backend) const {
  std::vector<double> out(sums.size() * 2);
  for (std::size_t i = 0; i < sums.size(); ++i) backend.copy_out(&out[2 * i], plan->view(sums[i]).data, 2 * sizeof(double));
  return out;
}

void StepPlan::write_sums(Backend& backend, const std::vector<double>& values) const {
  for (std::size_t i = 0; i < sums.size() && 2 * i + 1 < values.size(); ++i)
    backend.copy_in(plan->view(sums[i]).data, &values[2 * i], 2 * sizeof(double));
}

std::vector<double> StepPlan::means(Backend& backend) const {
  const auto raw = read_sums(backend);
  std::vector<double> out;
  for (std::size_t i = 0; i < sums.size(); ++i)
    out.push_back(raw[2 * i + 1] == 0 ? std::numeric_limits<double>::quiet_NaN() : raw[2 * i] / raw[2 * i + 1]);
  return out;
}

namespace {

class StepBuilder {
 public:
  explicit StepBuilder(const StepRequest& request) : r_(request), p_(request.state, request.options) {}

  StepPlan build() {
    const Value x = gather_input();
    const auto values = r_.network.emit(p_, x);
    if (r_.options.mode == PlanMode::predict) {
      step_.outputs = store("outputs", values.back(), r_.network.output().elements());
    } else {
      emit_loss_and_metrics(values);
      if (r_.store_outputs) step_.outputs = store("outputs", values.back(), r_.network.output().elements());
    }
    emit_advance(p_, p_.training());
    step_.plan = p_.finish();
    return std::move(step_);
  }

 private:
  std::int64_t batch() const { return r_.options.batch; }

  Value gather(const std::string& name, Value from, std::int64_t elements, GatherSpec spec) {
    spec.batch = batch();
    spec.elements = elements;
    auto op = p_.prepare(spec);
    const Value to = p_.tensor(name, batch() * elements, spec.to);
    const StepCounters* counters = r_.state.counters();
    p_.add({.name = "gather",
            .layer = name,
            .reads = {from, step_.permutation},
            .writes = {to},
            .run = [op, from, order = step_.permutation, counters, to](const Binding& v, View, Stream& s) {
              op->run(v[from], v[order], counters, v[to], s);
            }});
    return to;
  }

  // The uint8 rows are converted and normalized on the way; with augmentation they keep 0-255 until its layers are through.
  Value gather_input() {
    const auto& form = r_.form;
    step_.permutation = p_.bound("permutation", 0, DType::i32);
    step_.x = p_.bound("x", 0, form.x);
    const std::int64_t channels = form.sample.rank() == 0 ? 1 : form.sample.back();
    GatherSpec spec{.channels = channels, .from = form.x, .to = p_.compute_type()};
    const bool augments = p_.training() && r_.augmentation != nullptr && r_.augmentation->size() > 0;
    if (!augments) {
      spec.scale = form.input.scale;
      spec.offset = form.input.offset;
      spec.bgr = form.input.bgr;
      return gather("input", step_.x, form.sample.elements(), spec);
    }
    const Value raw = gather("input", step_.x, form.sample.elements(), spec);
    const BuiltNetwork layers(*r_.augmentation, form.sample);
    const Value augmented = layers.emit(p_, raw).back();
    return transform(augmented, channels);
  }

  Value transform(Value x, std::int64_t channels) {
    const auto& in = r_.form.input;
    if (in.scale.empty() && in.offset.empty() && !in.bgr) return x;
    GatherSpec spec{.batch = batch(),
                    .elements = p_.count(x) / batch(),
                    .channels = channels,
                    .from = p_.dtype(x),
                    .to = p_.dtype(x),
                    .scale = in.scale,
                    .offset = in.offset,
                    .bgr = in.bgr};
    auto op = p_.prepare(spec);
    const Value y = p_.tensor("input", p_.count(x), p_.dtype(x));
    p_.add({.name = "preprocess", .layer = "input", .reads = {x}, .writes = {y}, .run = [op, x, y](const Binding& v, View, Stream& s) {
              op->run(v[x], {}, nullptr, v[y], s);
            }});
    return y;
  }

  /// Into a table of all rows, so that no step copies anything to the host.
  Value store(const std::string& name, Value from, std::int64_t elements) {
    const Value table = p_.bound(name, 0, p_.dtype(from) == DType::i32 ? DType::i32 : DType::f32);
    auto op = p_.prepare(StoreRowsSpec{.batch = batch(), .elements = elements, .from = p_.dtype(from)});
    p_.add({.name = "store rows",
            .layer = name,
            .reads = {from},
            .writes = {table},
            .always = true,
            .run = [op, from, table, counters = r_.state.counters()](const Binding& v, View, Stream& s) {
              op->run(v[from], counters, v[table], s);
            }});
    return table;
  }

  void emit_sum(Value values, Value weights, Value extra, bool stop_on_nan) {
    const Value sum = p_.kept("sum", 2, DType::f64);
    auto op = p_.prepare(AccumulateSpec{.count = batch(), .stop_on_nan = stop_on_nan});
    p_.add({.name = "accumulate",
            .layer = "metrics",
            .reads = {values, weights, extra, sum},
            .writes = {sum},
            .always = true,
            .run = [op, values, weights, extra, sum, counters = r_.state.counters()](const Binding& v, View, Stream& s) {
              op->run(v[values], v[weights], v[extra], v[sum], counters, s);
            }});
    step_.sums.push_back(sum);
  }

  void emit_range_test(const RangeTestSpec& spec, Value values, Value extra) {
    step_.trace = p_.kept("range test", spec.elements(), DType::f64);
    auto op = p_.prepare(spec);
    p_.add({.name = "range test",
            .layer = "metrics",
            .reads = {values, extra},
            .writes = {step_.trace},
            .always = true,
            .run = [op, values, extra, trace = step_.trace, counters = r_.state.counters()](const Binding& v, View, Stream& s) {
              op->run(v[values], v[extra], v[trace], counters, s);
            }});
  }

  void emit_loss_and_metrics(const std::vector<Value>& values) {
    const auto& form = r_.form;
    const std::int64_t classes = r_.network.output().elements();
    step_.y = p_.bound("y", 0, form.ids ? DType::i32 : DType::f32);
    step_.class_weights = p_.bound("class weights", 0, DType::f32);
    const DType label = form.ids ? DType::i32 : DType::f32;
    const Value labels = gather("labels", step_.y, form.label_columns, {.from = label, .to = label});
    Value sample_weights;
    if (form.sample_weights) {
      step_.sample_weights = p_.bound("sample weights", 0, DType::f32);
      sample_weights = gather("sample weights", step_.sample_weights, 1, {.from = DType::f32, .to = DType::f32});
    }

    Penalties penalties(p_, r_.network);
    penalties.emit_activities(values);
    const LossOutputs loss = emit_loss(p_, *r_.loss,
                                       {.outputs = values.back(),
                                        .labels = labels,
                                        .sample_weights = sample_weights,
                                        .class_weights = form.class_weights ? step_.class_weights : Value{}},
                                       classes);
    std::vector<Value> metrics;
    for (const auto& metric : r_.metrics) metrics.push_back(emit_metric(p_, metric, loss, values.back(), labels, form.ids, classes));
    if (p_.training()) p_.backward();
    penalties.emit_weights();
    emit_sum(loss.per_sample, {}, penalties.loss(), p_.training() && r_.stop_on_nan);
    if (r_.range_test) emit_range_test(*r_.range_test, loss.per_sample, penalties.loss());
    for (std::size_t i = 0; i < metrics.size(); ++i) emit_sum(metrics[i], r_.metrics[i].weighted ? sample_weights : Value{}, {}, false);

    if (p_.training()) {
      emit_optimizer(p_, *r_.optimizer);
      emit_constraints(p_, r_.network);
    } else if (classes > 1) {
      const Value ids = p_.tensor("predicted", batch(), DType::i32);
      auto op = p_.prepare(ArgmaxSpec{.rows = batch(), .classes = classes, .dtype = p_.dtype(loss.scores)});
      p_.add({.name = "argmax",
              .layer = "metrics",
              .reads = {loss.scores},
              .writes = {ids},
              .run = [op, z = loss.scores, ids](const Binding& v, View, Stream& s) { op->run(v[z], v[ids], s); }});
      step_.predicted = store("predicted", ids, 1);
    }
  }

  const StepRequest& r_;
  Planner p_;
  StepPlan step_;
};

}  // namespace

void check_augmentation(const Network& augmentation, const Shape& sample) {
  if (augmentation.size() == 0) return;
  const BuiltNetwork built(augmentation, sample);
  for (const auto& layer : built.layers())
    if (!layer.weights.empty())
      throw Error({.category = Category::usage,
                   .where = "--augment, " + layer.class_name,
                   .what = "a layer with weights cannot stand in front of the model",
                   .expected = "layers without weights, as random_flip",
                   .got = layer.name,
                   .hint = "Make it a part of --model."});
  if (built.output() != sample)
    throw Error({.category = Category::usage,
                 .where = "--augment",
                 .what = "the samples' shape changes, but evaluation sees them as they are",
                 .expected = sample.text(),
                 .got = built.output().text(),
                 .hint = "Make the layer a part of --model: there it crops in evaluation, too."});
}

StepPlan make_step_plan(const StepRequest& request) { return StepBuilder(request).build(); }

}  // namespace lehr
