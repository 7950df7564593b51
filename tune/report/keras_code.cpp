#include "tune/report/keras_code.h"

#include <fmt/format.h>

#include "engine/spec/parse.h"
#include "tune/callback.h"
#include "tune/format.h"
#include "tune/report/keras_metric_code.h"

namespace lehr {

namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

/// Sizes as `3x3` become tuples.
std::string number_python(const std::string& text) {
  if (text.find('x') == std::string::npos) return text;
  std::string out = "(";
  for (const char c : text) out += c == 'x' ? std::string(", ") : std::string(1, c);
  return out + ")";
}

std::string python(const SpecValue& value, const std::string& module);

std::string arguments(const SpecValue& call) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const auto& item : call.items) add(python(item, ""));
  for (const auto& keyword : call.keywords) {
    const bool schedule = keyword.name == "learning_rate", regularizer = keyword.name.ends_with("_regularizer");
    const bool constraint = keyword.name.ends_with("_constraint"), initializer = keyword.name.ends_with("_initializer");
    add(keyword.name + "=" +
        python(keyword.value, schedule      ? "keras.optimizers.schedules."
                              : regularizer ? "keras.regularizers."
                              : constraint  ? "keras.constraints."
                              : initializer ? "keras.initializers."
                                            : ""));
  }
  return out;
}

std::string python(const SpecValue& value, const std::string& module) {
  switch (value.kind) {
    case SpecKind::none:
      return "None";
    case SpecKind::boolean:
      return value.number != 0 ? "True" : "False";
    case SpecKind::number:
      return number_python(value.print());
    case SpecKind::word:
      if (!value.class_name.empty() && !module.empty()) return module + value.class_name + "()";
      return quoted(value.text);
    case SpecKind::list: {
      const bool sizes = !value.items.empty() && value.items.front().is(SpecKind::number);
      std::string out = sizes ? "(" : "[";
      for (std::size_t i = 0; i < value.items.size(); ++i) out += (i == 0 ? "" : ", ") + python(value.items[i], module);
      return out + (!sizes ? "]" : value.items.size() == 1 ? ",)" : ")");
    }
    case SpecKind::call:
      return module + (value.class_name.empty() ? value.text : value.class_name) + "(" + arguments(value) + ")";
    default:
      return quoted(value.written());
  }
}

std::string shape_python(const Shape& shape) {
  std::string out = "(";
  for (const auto extent : shape.extents()) out += std::to_string(extent) + ", ";
  if (shape.rank() > 1) out.resize(out.size() - 2);
  return out + ")";
}

std::string network_python(const BuiltNetwork& network) {
  std::string out = fmt::format("inputs = keras.Input(shape={})\n", shape_python(network.input()));
  const auto node = [](std::size_t id) { return id == 0 ? std::string("inputs") : "x" + std::to_string(id); };
  const auto& entries = network.network().entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& from = entries[i].inputs;
    std::string input;
    for (const auto id : from) input += (input.empty() ? "" : ", ") + node(id);
    if (from.size() > 1) input = "[" + input + "]";
    const SpecValue text = entries[i].layer.text();
    std::string given = arguments(text);
    if (text.keyword("name") == nullptr) given += (given.empty() ? "" : ", ") + fmt::format("name='{}'", network.layers()[i].name);
    out += fmt::format("x{} = layers.{}({})({})\n", i + 1, network.layers()[i].class_name, given, input);
    if (!network.layers()[i].trainable) out += "# its weights stay as they are: layer.trainable = False\n";
  }
  return out + fmt::format("model = keras.Model(inputs, {})\n", node(entries.size()));
}

/// Rates that a callback sets every epoch leave the optimizer's own without meaning.
std::string optimizer_python(const Optimizer& optimizer, const std::vector<double>& rates) {
  return python((rates.empty() ? optimizer : optimizer.with_learning_rate(rates.front())).text(), "keras.optimizers.");
}

std::string loss_python(const Loss& loss) {
  const SpecValue spec = SpecConvert<Loss>::to(loss);
  return spec.items.empty() && spec.keywords.empty() ? quoted(std::string(name_of(loss))) : python(spec, "keras.losses.");
}

std::string compile_python(const Model& model, const std::vector<double>& rates) {
  const KerasMetricCode metrics =
      keras_metric_code(model.metrics(), model.class_metrics(), model.loss(), model.network().output().elements());
  const std::string weighted = metrics.weighted.empty() ? "" : ",\n              weighted_metrics=[" + metrics.weighted + "]";
  return metrics.definitions + fmt::format("model.compile(optimizer={},\n              loss={},\n              metrics=[{}]{})\n",
                                           optimizer_python(model.options().optimizer, rates), loss_python(model.loss()), metrics.list,
                                           weighted);
}

/// An argument of fit.
std::string class_weight_python(const std::string& text, const Loss& loss) {
  if (text.empty()) return "";
  if (text != "auto") return ", class_weight={" + text + "}";
  return fmt::format(
      ",\n  class_weight=(lambda ids, n: {{int(i): float(n.sum() / (len(n) * k)) for i, k in zip(ids, n)}})(*numpy.unique({}, "
      "return_counts=True))",
      takes_ids(loss) ? "y_train" : "y_train.argmax(-1)");
}

}  // namespace

std::string keras_code(const FitJob& job, const Model& model, const std::vector<double>& rates, bool sample_weights) {
  const BuiltNetwork& network = model.network();
  std::string out = std::string("import keras\n") + (job.class_weight == "auto" ? "import numpy\n" : "") +
                    "from keras import layers\n\n# x_train, y_train, x_val, y_val: " + job.data + "\n";
  if (!network.network().weights().empty() && network.network().weights() != "none")
    out += "# starting weights: " + network.network().weights() + "\n";
  if (job.preprocess != "none") out += "# inputs: keras.applications.vgg16.preprocess_input\n";
  out +=
      "keras.utils.set_random_seed(" + std::to_string(job.seed) + ")\n\n" + network_python(network) + "\n" + compile_python(model, rates);
  std::string callbacks;
  const auto add = [&](const std::string& text) { callbacks += (callbacks.empty() ? "" : ",\n             ") + text; };
  if (!rates.empty()) {
    out += "\n# " + job.learning_rate + ", as it came out\nrates = [";
    for (std::size_t i = 0; i < rates.size(); ++i) out += (i == 0 ? "" : ", ") + repr(rates[i]);
    out += "]\n";
    add("keras.callbacks.LearningRateScheduler(lambda epoch, rate: rates[epoch])");
  }
  for (const auto& text : job.callbacks) add(python(callback_catalogue().from(parse_spec(text)).text(), "keras.callbacks."));
  out += fmt::format("history = model.fit(x_train, y_train, batch_size={}, epochs={}, validation_data=(x_val, y_val{}){}{}{}",
                     job.batch_size, rates.empty() ? job.epochs : static_cast<std::int64_t>(rates.size()), sample_weights ? ", w_val" : "",
                     sample_weights ? ", sample_weight=w_train" : "",
                     job.validation_freq == 1 ? "" : fmt::format(", validation_freq={}", job.validation_freq),
                     job.shuffle ? "" : ", shuffle=False");
  out += class_weight_python(job.class_weight, model.loss());
  return out + (callbacks.empty() ? ")\n" : ",\n  callbacks=[" + callbacks + "])\n");
}

}  // namespace lehr
