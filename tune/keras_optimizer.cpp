#include "tune/keras_optimizer.h"

#include <algorithm>
#include <cmath>

#include "layers/network.h"
#include "tune/keras_compile.h"
#include "tune/keras_slots.h"

namespace lehr {

namespace {

/// Nadam's product of its momentum schedule is a variable in Keras; here it follows from the step.
std::optional<double> momentum_product(const Optimizer& optimizer, std::int64_t steps) {
  if (optimizer.info().class_name != "Nadam") return {};
  const SpecValue config = optimizer.config();
  const SpecValue* given = config.keyword("beta_1");
  const double beta = static_cast<float>(given == nullptr ? 0.9 : spec_number(*given));
  double product = 1;
  for (std::int64_t t = 1; t <= steps && product > 0; ++t) product *= beta * (1 - 0.5 * std::pow(0.96, static_cast<double>(t)));
  return product;
}

std::vector<KerasSlot> slots_of(const Optimizer& optimizer, const State& state) {
  return keras_slots(optimizer, state.tensors(), state.trainable_count());
}

void* slot_data(const State& state, const KerasSlot& slot) { return static_cast<float*>(state.slots().data) + *slot.at; }

/// Keras keeps the rate as a variable unless one of its own schedules gives it.
bool keeps_rate(const Optimizer& optimizer) {
  return optimizer.learning_rate().constant() || !is_keras_schedule(optimizer.config().keyword("learning_rate")->class_name);
}

template <class T>
Array scalar(T value) {
  return Array::from<T>(Shape{}, std::span<const T>(&value, 1));
}

/// Adafactor's second moments of matrices, as the step has them: r c^T/mean(r) of the last two axes.
Array product_of(const Array& rows, const Array& columns, const Shape& shape) {
  Array out(shape, DType::f32);
  const auto n = static_cast<std::size_t>(shape.extents().back()), m = static_cast<std::size_t>(shape.extents()[shape.rank() - 2]);
  for (std::size_t i = 0; i < out.count(); ++i) {
    const std::size_t matrix = i / (m * n), row = i / n;
    double sum = 0;
    for (std::size_t k = 0; k < m; ++k) sum += rows.as<float>()[matrix * m + k];
    const double share = sum == 0 ? 0 : rows.as<float>()[row] / (sum / static_cast<double>(m));
    out.as<float>()[i] = static_cast<float>(share * columns.as<float>()[matrix * n + i % n]);
  }
  return out;
}

/// Iteration, rate, and what comes before and behind the slots.
struct Count {
  std::size_t head, slots, tail;
  std::size_t all() const { return head + slots + tail; }
};
Count count_of(const Optimizer& optimizer, const std::vector<KerasSlot>& slots) {
  return {.head = keeps_rate(optimizer) ? 2U : 1U, .slots = slots.size(), .tail = momentum_product(optimizer, 0) ? 1U : 0U};
}

/// Slots have been made, and are this optimizer's.
bool has_slots(const Optimizer& optimizer, const State& state) {
  const SlotLayout layout = optimizer.slots(state.tensors());
  const auto elements = std::ssize(layout.initial) * state.trainable_count() + layout.extra;
  return state.slot_planes() == std::ssize(layout.initial) && state.slots().count == static_cast<std::size_t>(elements);
}

Array read_slot(const State& state, const KerasSlot& slot) {
  Array values(slot.shape, DType::f32);
  if (slot.at) state.backend().copy_out(values.data(), slot_data(state, slot), values.bytes());
  return values;
}

}  // namespace

OptimizerVariables optimizer_variables(const Optimizer& optimizer, const State& state, double rate) {
  OptimizerVariables out{.name = automatic_name(optimizer.info().class_name)};
  const std::int64_t steps = state.read_counters().step;
  out.values.push_back(scalar<std::int64_t>(steps));
  if (keeps_rate(optimizer)) out.values.push_back(scalar<float>(static_cast<float>(rate)));
  if (!has_slots(optimizer, state)) return out;  // never built
  for (const KerasSlot& slot : slots_of(optimizer, state)) {
    const std::size_t n = out.values.size();
    out.values.push_back(slot.product ? product_of(out.values[n - 2], out.values[n - 1], slot.shape) : read_slot(state, slot));
  }
  if (const auto product = momentum_product(optimizer, steps)) out.values.push_back(scalar<float>(static_cast<float>(*product)));
  return out;
}

bool optimizer_fits(const OptimizerVariables& variables, const Optimizer& optimizer, const State& state) {
  const auto& values = variables.values;
  const auto slots = slots_of(optimizer, state);
  const Count count = count_of(optimizer, slots);
  if (values.size() == count.head) return true;
  if (values.size() != count.all()) return false;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (values[count.head + i].shape() != slots[i].shape) return false;
  return true;
}

namespace {

/// Slots and the like that Keras makes when it loads a compiled model that never trained, float32 all.
std::int64_t slots_made_on_loading(const TensorFile& file, const BuiltNetwork& network) {
  try {
    const Optimizer optimizer =
        from_compile_config(file.compile_config, file.source, {.loss = Wanted::nothing, .metrics = Wanted::nothing}).optimizer;
    std::int64_t made = momentum_product(optimizer, 0) ? 1 : 0;
    for (const KerasSlot& slot : keras_slots(optimizer, network.tensors(), 0)) made += slot.shape.elements();
    return made;
  } catch (const Error&) {  // it is compiled with what there is not here: a summary needs none of that
    return 0;
  }
}

}  // namespace

std::optional<OptimizerSize> optimizer_size(const TensorFile& file, const BuiltNetwork& network) {
  if (file.compile_config.empty() || !file.optimizer || file.optimizer->values.empty()) return {};
  OptimizerSize out;
  bool stepped = false;
  const bool legacy = file.format == WeightFormat::keras_h5;
  for (const Array& values : file.optimizer->values) {
    if (legacy && values.shape().rank() > 0) continue;
    out.parameters += values.shape().elements();
    out.bytes += static_cast<std::int64_t>(values.bytes());
    stepped = stepped || !values.shape().extents().empty();
  }
  if (stepped || legacy) return out;
  const std::int64_t made = slots_made_on_loading(file, network);
  return OptimizerSize{.parameters = out.parameters + made, .bytes = out.bytes + 4 * made};
}

void restore_optimizer(const OptimizerVariables& variables, const Optimizer& optimizer, State& state, const std::string& source) {
  const std::string where = source + ", optimizer \"" + variables.name + "\"";
  const auto& values = variables.values;
  const auto slots = slots_of(optimizer, state);
  const Count count = count_of(optimizer, slots);
  const bool fresh = values.size() == count.head;
  if (!fresh && values.size() != count.all())
    throw Error({.category = Category::data,
                 .where = where,
                 .what = "holds the state of another optimizer, or of another set of trainable weights",
                 .expected = std::to_string(count.all()) + " variables, as of " + std::string(optimizer.info().class_name),
                 .got = std::to_string(values.size()),
                 .hint = "Start a fresh one with --optimizer."});
  if (values[0].count() != 1)
    throw Error({.category = Category::data,
                 .where = where + ", variable 0",
                 .what = "is no step count",
                 .expected = "()",
                 .got = values[0].shape().text()});
  const std::int64_t steps =
      values[0].dtype() == DType::i64 ? values[0].as<std::int64_t>()[0] : static_cast<std::int64_t>(values[0].as_f32().as<float>()[0]);
  if (steps < 0) throw Error({.category = Category::data, .where = where + ", variable 0", .what = "counts a negative number of steps"});
  const SlotLayout layout = optimizer.slots(state.tensors());
  state.set_slots(layout.initial, layout.extra);
  auto counters = state.read_counters();
  counters.step = steps;
  state.write_counters(counters);
  if (fresh) return;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t next = count.head + i;
    const Array& from = values[next];
    if (from.shape() != slots[i].shape)
      throw Error({.category = Category::data,
                   .where = where + ", variable " + std::to_string(next) + " for " + slots[i].tensor,
                   .what = "wrong shape",
                   .expected = slots[i].shape.text(),
                   .got = from.shape().text()});
    if (!slots[i].at) continue;
    const Array f32 = from.as_f32();
    state.backend().copy_in(slot_data(state, slots[i]), f32.data(), f32.bytes());
  }
}

bool load_optimizer_state(Model& model, const std::string& file) {
  const TensorFile tensors = read_tensor_file(file);
  if (!tensors.optimizer) return false;
  restore_optimizer(*tensors.optimizer, model.options().optimizer, model.state(), file);
  return true;
}

}  // namespace lehr
