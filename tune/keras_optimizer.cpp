#include "tune/keras_optimizer.h"

#include <algorithm>
#include <cmath>

#include "layers/network.h"
#include "tune/keras_compile.h"

namespace lehr {

namespace {

/// Planes in the order of Keras's variables; those of one group are interleaved, groups follow each other.
std::vector<std::vector<std::size_t>> slot_groups(const Optimizer& optimizer) {
  const auto names = optimizer.slot_names();
  const bool by_plane = optimizer.info().class_name == "RMSprop";
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t plane = 0; plane < names.size(); ++plane) {
    if (groups.empty() || by_plane || names[plane] == "velocity_hat") groups.emplace_back();
    groups.back().push_back(plane);
  }
  return groups;
}

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

std::vector<std::size_t> trainable(const State& state) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < state.tensors().size(); ++i)
    if (state.tensors()[i].trainable) out.push_back(i);
  return out;
}

View slot_view(const State& state, std::size_t plane, std::size_t tensor) {
  const auto& t = state.tensors()[tensor];
  const auto at = static_cast<std::int64_t>(plane) * state.trainable_count() + t.offset;
  return {static_cast<float*>(state.slots().data) + at, DType::f32, static_cast<std::size_t>(t.shape.elements())};
}

/// Calls visit(plane, tensor) in the order of Keras's variables.
template <class Visit>
void each_slot(const Optimizer& optimizer, const State& state, const Visit& visit) {
  for (const auto& group : slot_groups(optimizer))
    for (const std::size_t tensor : trainable(state))
      for (const std::size_t plane : group) visit(plane, tensor);
}

/// Keras keeps the rate as a variable unless one of its own schedules gives it.
bool keeps_rate(const Optimizer& optimizer) {
  return optimizer.learning_rate().constant() || !is_keras_schedule(optimizer.config().keyword("learning_rate")->class_name);
}

template <class T>
Array scalar(T value) {
  return Array::from<T>(Shape{}, std::span<const T>(&value, 1));
}

}  // namespace

OptimizerVariables optimizer_variables(const Optimizer& optimizer, const State& state, double rate) {
  OptimizerVariables out{.name = automatic_name(optimizer.info().class_name)};
  const std::int64_t steps = state.read_counters().step;
  out.values.push_back(scalar<std::int64_t>(steps));
  if (keeps_rate(optimizer)) out.values.push_back(scalar<float>(static_cast<float>(rate)));
  const auto planes = static_cast<int>(optimizer.slot_names().size());
  if (state.slot_planes() != planes) return out;  // never built
  each_slot(optimizer, state, [&](std::size_t plane, std::size_t tensor) {
    Array values(state.tensors()[tensor].shape, DType::f32);
    state.backend().copy_out(values.data(), slot_view(state, plane, tensor).data, values.bytes());
    out.values.push_back(std::move(values));
  });
  if (const auto product = momentum_product(optimizer, steps)) out.values.push_back(scalar<float>(static_cast<float>(*product)));
  return out;
}

bool optimizer_fits(const OptimizerVariables& variables, const Optimizer& optimizer, const State& state) {
  const auto& values = variables.values;
  const std::size_t planes = optimizer.slot_names().size(), head = keeps_rate(optimizer) ? 2 : 1;
  const std::size_t tail = momentum_product(optimizer, 0) ? 1 : 0, slots = planes * trainable(state).size();
  if (values.size() == head) return true;
  if (values.size() != head + slots + tail) return false;
  std::size_t next = head;
  bool fit = true;
  each_slot(optimizer, state,
            [&](std::size_t, std::size_t tensor) { fit = fit && values[next++].shape() == state.tensors()[tensor].shape; });
  return fit;
}

namespace {

/// Slots and the like that Keras makes when it loads a compiled model that never trained, float32 all.
std::int64_t slots_made_on_loading(const TensorFile& file, const BuiltNetwork& network) {
  try {
    const Optimizer optimizer = from_compile_config(file.compile_config, file.source).optimizer;
    const auto planes = static_cast<std::int64_t>(optimizer.slot_names().size());
    return planes * network.trainable_count() + (momentum_product(optimizer, 0) ? 1 : 0);
  } catch (const Error&) {  // it is compiled with what there is not here: a summary needs none of that
    return 0;
  }
}

}  // namespace

std::optional<OptimizerSize> optimizer_size(const TensorFile& file, const BuiltNetwork& network) {
  if (file.compile_config.empty() || !file.optimizer || file.optimizer->values.empty()) return {};
  OptimizerSize out;
  bool stepped = false;
  for (const Array& values : file.optimizer->values) {
    out.parameters += values.shape().elements();
    out.bytes += static_cast<std::int64_t>(values.bytes());
    stepped = stepped || !values.shape().extents().empty();
  }
  if (stepped) return out;
  const std::int64_t made = slots_made_on_loading(file, network);
  return OptimizerSize{.parameters = out.parameters + made, .bytes = out.bytes + 4 * made};
}

void restore_optimizer(const OptimizerVariables& variables, const Optimizer& optimizer, State& state, const std::string& source) {
  const std::string where = source + ", optimizer \"" + variables.name + "\"";
  const auto& values = variables.values;
  const std::size_t planes = optimizer.slot_names().size(), head = keeps_rate(optimizer) ? 2 : 1;
  const std::size_t tail = momentum_product(optimizer, 0) ? 1 : 0, slots = planes * trainable(state).size();
  const bool fresh = values.size() == head;
  if (!fresh && values.size() != head + slots + tail)
    throw Error({.category = Category::data,
                 .where = where,
                 .what = "holds the state of another optimizer, or of another set of trainable weights",
                 .expected = std::to_string(head + slots + tail) + " variables, as of " + std::string(optimizer.info().class_name),
                 .got = std::to_string(values.size()),
                 .hint = "Start a fresh one with --optimizer. What use_ema, gradient_accumulation_steps, Adafactor, LAMB and Muon keep in "
                         "Keras is not read."});
  if (values[0].count() != 1)
    throw Error({.category = Category::data,
                 .where = where + ", variable 0",
                 .what = "is no step count",
                 .expected = "()",
                 .got = values[0].shape().text()});
  const std::int64_t steps =
      values[0].dtype() == DType::i64 ? values[0].as<std::int64_t>()[0] : static_cast<std::int64_t>(values[0].as_f32().as<float>()[0]);
  if (steps < 0) throw Error({.category = Category::data, .where = where + ", variable 0", .what = "counts a negative number of steps"});
  const SlotLayout slots_of = optimizer.slots(state.tensors());
  state.set_slots(slots_of.initial, slots_of.extra);
  auto counters = state.read_counters();
  counters.step = steps;
  state.write_counters(counters);
  if (fresh) return;
  std::size_t next = head;
  each_slot(optimizer, state, [&](std::size_t plane, std::size_t tensor) {
    const auto& t = state.tensors()[tensor];
    const Array& from = values[next];
    if (from.shape() != t.shape)
      throw Error({.category = Category::data,
                   .where = where + ", variable " + std::to_string(next) + " for " + t.name,
                   .what = "wrong shape",
                   .expected = t.shape.text(),
                   .got = from.shape().text()});
    const Array f32 = from.as_f32();
    state.backend().copy_in(slot_view(state, plane, tensor).data, f32.data(), f32.bytes());
    ++next;
  });
}

bool load_optimizer_state(Model& model, const std::string& file) {
  const TensorFile tensors = read_tensor_file(file);
  if (!tensors.optimizer) return false;
  restore_optimizer(*tensors.optimizer, model.options().optimizer, model.state(), file);
  return true;
}

}  // namespace lehr
