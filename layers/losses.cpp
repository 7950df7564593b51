#include "layers/losses.h"

namespace lehr {

namespace {

template <class L>
std::vector<std::string> names() {
  std::vector<std::string> out{std::string(L::info.name), std::string(L::info.class_name)};
  if constexpr (requires { L::aliases; }) out.insert(out.end(), L::aliases.begin(), L::aliases.end());
  return out;
}

/// visit(L{}) of each alternative, in the order of the variant.
template <std::size_t at = 0, class Visit>
void each_loss(const Visit& visit) {
  if constexpr (at < std::variant_size_v<Loss>) {
    visit(std::variant_alternative_t<at, Loss>{});
    each_loss<at + 1>(visit);
  }
}

}  // namespace

LossKind kind_of(const Loss& loss) {
  return std::visit([](const auto& l) { return l.kind; }, loss);
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

bool is_binary(const Loss& loss) {
  return std::holds_alternative<BinaryCrossentropy>(loss) || std::holds_alternative<BinaryFocalCrossentropy>(loss);
}
bool is_crossentropy(const Loss& loss) {
  return std::visit([](const auto& l) { return requires { l.from_logits; }; }, loss);
}

const std::vector<std::vector<std::string>>& loss_names() {
  static const auto all = [] {
    std::vector<std::vector<std::string>> out;
    each_loss([&]<class L>(const L&) { out.push_back(names<L>()); });
    return out;
  }();
  return all;
}

std::vector<SpecDoc> loss_docs() {
  std::vector<SpecDoc> out;
  each_loss([&]<class L>(const L&) {
    std::vector<std::string> aliases = names<L>();
    aliases.erase(aliases.begin(), aliases.begin() + 2);
    out.push_back({.name = std::string(L::info.name),
                   .class_name = std::string(L::info.class_name),
                   .summary = std::string(L::info.summary),
                   .formula = std::string(L::info.formula),
                   .aliases = std::move(aliases),
                   .fields = field_docs<L>()});
  });
  return out;
}

Loss SpecConvert<Loss>::from(const SpecValue& value) {
  const std::size_t wanted = find_entry(value, "loss", loss_names());
  Loss out;
  std::size_t at = 0;
  each_loss([&]<class L>(const L&) {
    if (at++ == wanted) out = read_fields<L>(value);
  });
  return out;
}
SpecValue SpecConvert<Loss>::to(const Loss& loss) {
  return std::visit([](const auto& l) { return to_spec(l); }, loss);
}

LossOutputs emit_loss(Planner& p, const Loss& loss, const LossInputs& in, std::int64_t classes) {
  const bool crossentropy = is_crossentropy(loss);
  // As Keras does on TensorFlow: a cross-entropy of softmax or sigmoid outputs is computed from their logits, without clipping.
  const Value logits = crossentropy && !from_logits(loss) ? p.logits(in.outputs) : Value{};
  const Value z = logits ? logits : in.outputs;
  const std::int64_t rows = p.count(z) / classes;
  LossSpec spec{.kind = kind_of(loss),
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
        if constexpr (requires { l.alpha; }) spec.alpha = static_cast<float>(l.alpha);
        if constexpr (requires { l.gamma; }) spec.gamma = static_cast<float>(l.gamma);
        if constexpr (requires { l.apply_class_balancing; }) spec.class_balancing = l.apply_class_balancing;
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
