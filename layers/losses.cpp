#include "layers/losses.h"

#include "engine/spec/catalogue.h"

namespace lehr {

namespace {
template <class L>
LossKind kind() {
  if constexpr (std::is_same_v<L, SparseCategoricalCrossentropy>) return LossKind::sparse_categorical_crossentropy;
  if constexpr (std::is_same_v<L, CategoricalCrossentropy>) return LossKind::categorical_crossentropy;
  if constexpr (std::is_same_v<L, BinaryCrossentropy>) return LossKind::binary_crossentropy;
  if constexpr (std::is_same_v<L, MeanSquaredError>) return LossKind::mean_squared_error;
  if constexpr (std::is_same_v<L, MeanAbsoluteError>) return LossKind::mean_absolute_error;
  return LossKind::huber;
}
}  // namespace

LossKind kind_of(const Loss& loss) {
  return std::visit([](const auto& l) { return kind<std::remove_cvref_t<decltype(l)>>(); }, loss);
}
std::string_view name_of(const Loss& loss) {
  return std::visit([](const auto& l) { return l.info.name; }, loss);
}
bool from_logits(const Loss& loss) {
  return std::visit(
      [](const auto& l) {
        if constexpr (requires { l.from_logits; })
          return l.from_logits;
        else
          return false;
      },
      loss);
}
bool takes_ids(const Loss& loss) { return std::holds_alternative<SparseCategoricalCrossentropy>(loss); }

const std::vector<std::vector<std::string>>& loss_names() {
  static const std::vector<std::vector<std::string>> names{{"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"},
                                                           {"categorical_crossentropy", "CategoricalCrossentropy"},
                                                           {"binary_crossentropy", "BinaryCrossentropy"},
                                                           {"mean_squared_error", "MeanSquaredError", "mse"},
                                                           {"mean_absolute_error", "MeanAbsoluteError", "mae"},
                                                           {"huber", "Huber", "huber_loss"}};
  return names;
}

Loss SpecConvert<Loss>::from(const SpecValue& value) {
  switch (find_entry(value, "loss", loss_names())) {
    case 0:
      return read_fields<SparseCategoricalCrossentropy>(value);
    case 1:
      return read_fields<CategoricalCrossentropy>(value);
    case 2:
      return read_fields<BinaryCrossentropy>(value);
    case 3:
      return read_fields<MeanSquaredError>(value);
    case 4:
      return read_fields<MeanAbsoluteError>(value);
    default:
      return read_fields<Huber>(value);
  }
}
SpecValue SpecConvert<Loss>::to(const Loss& loss) {
  return std::visit([](const auto& l) { return to_spec(l); }, loss);
}

LossOutputs emit_loss(Planner& p, const Loss& loss, const LossInputs& in, std::int64_t classes) {
  const LossKind kind = kind_of(loss);
  const bool crossentropy = kind == LossKind::sparse_categorical_crossentropy || kind == LossKind::categorical_crossentropy ||
                            kind == LossKind::binary_crossentropy;
  // As Keras does on TensorFlow: a cross-entropy of softmax or sigmoid outputs is computed from their logits, without clipping.
  const Value logits = crossentropy && !from_logits(loss) ? p.logits(in.outputs) : Value{};
  const Value z = logits ? logits : in.outputs;
  const std::int64_t rows = p.count(z) / classes;
  LossSpec spec{.kind = kind,
                .rows = rows,
                .classes = classes,
                .from_logits = crossentropy && (logits || from_logits(loss)),
                .gradient_scale = 1.0F / static_cast<float>(rows),
                .sample_weights = static_cast<bool>(in.sample_weights),
                .class_weights = static_cast<bool>(in.class_weights),
                .dtype = p.dtype(z)};
  std::visit(
      [&](const auto& l) {
        if constexpr (requires { l.label_smoothing; }) spec.label_smoothing = static_cast<float>(l.label_smoothing);
        if constexpr (requires { l.delta; }) spec.delta = static_cast<float>(l.delta);
      },
      loss);
  auto op = p.prepare(spec);
  const Value per_sample = p.tensor("loss per sample", rows, DType::f32);
  const auto emit = [&](Value dz) {
    std::vector<Value> writes{per_sample};
    if (dz) writes.push_back(dz);
    p.add({.name = std::string(name_of(loss)),
           .layer = "loss",
           .reads = {z, in.labels, in.sample_weights, in.class_weights},
           .writes = writes,
           .run = [op, z, in, per_sample, dz](const Binding& v, View, Stream& s) {
             op->run(v[z], v[in.labels], v[in.sample_weights], v[in.class_weights], v[per_sample], v[dz], s);
           }});
  };
  if (p.requires_gradient(z))
    p.contribute(z, emit);
  else
    emit(Value{});
  return {.per_sample = per_sample, .scores = z, .scores_are_logits = spec.from_logits};
}

}  // namespace lehr
