// Every case of tests/golden/kernels.json: numbers from Keras's own tests (select_kernels.py), each within its stated tolerance.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "kernels/activation.h"
#include "kernels/batch_norm.h"
#include "kernels/loss.h"
#include "kernels/make.h"
#include "kernels/metrics.h"
#include "kernels/pool2d.h"
#include "tests/check/golden_ran.h"
#include "tests/check/op.h"

namespace lehr {
namespace {

using check::Guarded;
using nlohmann::json;

/// A nested list, flattened.
struct Numbers {
  std::vector<double> values;
  std::vector<std::int64_t> shape;
  std::int64_t last() const { return shape.empty() ? 1 : shape.back(); }
};
void flatten(const json& from, std::size_t depth, Numbers& to) {
  if (!from.is_array()) {
    to.values.push_back(from.get<double>());
    return;
  }
  if (to.shape.size() == depth) to.shape.push_back(static_cast<std::int64_t>(from.size()));
  for (const json& element : from) flatten(element, depth + 1, to);
}
Numbers numbers(const json& from) {
  Numbers n;
  flatten(from, 0, n);
  return n;
}

Guarded on(Backend& backend, DType dtype, const std::vector<double>& values) {
  Guarded g(backend, dtype, values.size());
  g.assign(values);
  return g;
}

/// One weight a row: a case gives one a row, one for all, or none.
std::vector<double> row_weights(const json& inputs, std::size_t rows) {
  if (!inputs.contains("sample_weight")) return std::vector<double>(rows, 1);
  auto w = numbers(inputs["sample_weight"]).values;
  if (w.size() == 1) w.resize(rows, w[0]);
  REQUIRE(w.size() == rows);
  return w;
}

std::vector<double> losses(Cpu& cpu, const json& c, LossSpec spec) {
  const json &params = c["params"], &in = c["inputs"];
  const Numbers z = numbers(in.contains("y_pred") ? in["y_pred"] : in["output"]),
                y = numbers(in.contains("y_true") ? in["y_true"] : in["target"]);
  const bool sparse = spec.kind == LossKind::sparse_categorical_crossentropy;
  spec.classes = z.shape.size() == 1 ? 1 : z.last();
  spec.rows = static_cast<std::int64_t>(z.values.size()) / spec.classes;
  spec.from_logits = params.value("from_logits", true);
  spec.label_smoothing = params.value("label_smoothing", 0.0F);
  spec.delta = params.value("delta", 1.0F);
  spec.sample_weights = true;
  const auto rows = static_cast<std::size_t>(spec.rows);
  const Guarded per_sample(cpu, DType::f32, rows);
  make(spec, cpu)->run(on(cpu, DType::f32, z.values), on(cpu, sparse ? DType::i32 : DType::f32, y.values),
                       on(cpu, DType::f32, row_weights(in, rows)), {}, per_sample, {}, cpu.stream());
  auto each = per_sample.values();
  const bool operation = c["component"].get<std::string>().starts_with("ops.");
  if (operation || (params.contains("reduction") && params["reduction"].is_null())) return each;
  const double sum = std::accumulate(each.begin(), each.end(), 0.0);
  return {params.value("reduction", "sum_over_batch_size") == "sum" ? sum : sum / static_cast<double>(rows)};
}

std::vector<double> activation(Cpu& cpu, const json& c, ActivationSpec spec) {
  const Numbers x = numbers(c["inputs"]["x"]);
  spec.channels = x.last();
  spec.rows = static_cast<std::int64_t>(x.values.size()) / spec.channels;
  spec.alpha = c["params"].value("alpha", c["params"].value("negative_slope", 0.0F));
  const Guarded y(cpu, DType::f32, x.values.size());
  make(spec, cpu)->run(on(cpu, DType::f32, x.values), y, cpu.stream());
  return y.values();
}

std::vector<double> pooled(Cpu& cpu, const json& c, Pooling pooling) {
  const json& params = c["params"];
  struct Axis {
    std::int64_t kernel, stride, before, after;
  };
  const auto axis = [&](std::size_t i) -> Axis {
    const auto k = params["pool_size"][i].get<std::int64_t>(), s = params["strides"][i].get<std::int64_t>();
    const std::int64_t total = params["padding"] == "same" ? std::max<std::int64_t>(0, 4 / s * s + k - 5) : 0;  // 5 cells
    return {k, s, total / 2, total - total / 2};
  };
  const Axis h = axis(0), w = axis(1);
  const Pool2dShape shape{.batch = 1,
                          .height = 5,
                          .width = 5,
                          .channels = 4,
                          .kernel_h = h.kernel,
                          .kernel_w = w.kernel,
                          .stride_h = h.stride,
                          .stride_w = w.stride,
                          .pad_top = h.before,
                          .pad_bottom = h.after,
                          .pad_left = w.before,
                          .pad_right = w.after};
  const Guarded y(cpu, DType::f32, static_cast<std::size_t>(shape.out_height() * shape.out_width() * 4));
  make(Pool2dForwardSpec{.shape = shape, .pooling = pooling}, cpu)
      ->run(on(cpu, DType::f32, numbers(c["inputs"]["x"]).values), y, {}, cpu.stream());
  return y.values();
}

std::vector<double> batch_normalization(Cpu& cpu, const json& c) {
  const json& in = c["inputs"];
  const Numbers x = numbers(in["x"]);
  const auto channels = static_cast<std::size_t>(x.last());
  const BatchNormSpec spec{.rows = x.shape[0], .channels = x.last(), .epsilon = c["params"]["epsilon"].get<float>(), .training = false};
  const auto op = make(spec, cpu);
  const auto number = [&](const char* name) { return on(cpu, DType::f32, numbers(in[name]).values); };
  const Guarded y(cpu, DType::f32, x.values.size()), mean(cpu, DType::f32, channels), inverse(cpu, DType::f32, channels),
      workspace(cpu, DType::u8, op->workspace_bytes());
  op->run(on(cpu, DType::f32, x.values), number("scale"), number("offset"), number("mean"), number("variance"), y, mean, inverse, nullptr,
          workspace, cpu.stream());
  return y.values();
}

/// Keras's weighted mean of the hits.
std::vector<double> accuracy(Cpu& cpu, const json& c, HitsSpec spec) {
  const Numbers z = numbers(c["inputs"]["y_pred"]), y = numbers(c["inputs"]["y_true"]);
  spec.classes = z.last();
  spec.rows = z.shape[0];
  spec.threshold = c["params"].value("threshold", 0.5F);
  spec.k = c["params"].value("k", 5);
  const auto rows = static_cast<std::size_t>(spec.rows);
  const Guarded hits(cpu, DType::f32, rows);
  make(spec, cpu)->run(on(cpu, DType::f32, z.values), on(cpu, spec.kind == HitKind::sparse ? DType::i32 : DType::f32, y.values), hits,
                       cpu.stream());
  const auto weights = row_weights(c["inputs"], rows);
  return {std::inner_product(weights.begin(), weights.end(), hits.values().begin(), 0.0) /
          std::accumulate(weights.begin(), weights.end(), 0.0)};
}

using Answer = std::function<std::vector<double>(Cpu&, const json&)>;
std::map<std::string, Answer> answers() {
  std::map<std::string, Answer> all;
  const auto loss = [&](const char* component, LossKind kind) {
    all[component] = [kind](Cpu& cpu, const json& c) { return losses(cpu, c, {.kind = kind}); };
  };
  loss("loss.mse", LossKind::mean_squared_error);
  loss("loss.mae", LossKind::mean_absolute_error);
  loss("loss.huber", LossKind::huber);
  for (const std::string where : {"loss.", "ops."}) {
    loss((where + "binary_crossentropy").c_str(), LossKind::binary_crossentropy);
    loss((where + "categorical_crossentropy").c_str(), LossKind::categorical_crossentropy);
    loss((where + "sparse_categorical_crossentropy").c_str(), LossKind::sparse_categorical_crossentropy);
  }
  for (const char* name : {"relu", "sigmoid", "softplus", "softsign", "log_sigmoid", "silu", "selu", "elu", "softmax"})
    all[std::string("activation.") + name] = [a = *activation_of(name)](Cpu& cpu, const json& c) {
      return activation(cpu, c, {.activation = a});
    };
  all["layer.LeakyReLU"] = [](Cpu& cpu, const json& c) { return activation(cpu, c, {.activation = Activation::leaky_relu}); };
  all["layer.MaxPooling2D"] = [](Cpu& cpu, const json& c) { return pooled(cpu, c, Pooling::max); };
  all["layer.AveragePooling2D"] = [](Cpu& cpu, const json& c) { return pooled(cpu, c, Pooling::average); };
  all["ops.batch_normalization"] = batch_normalization;
  const auto metric = [&](const char* component, HitKind kind) {
    all[component] = [kind](Cpu& cpu, const json& c) { return accuracy(cpu, c, {.kind = kind}); };
  };
  metric("metric.BinaryAccuracy", HitKind::binary);
  metric("metric.CategoricalAccuracy", HitKind::categorical);
  metric("metric.SparseCategoricalAccuracy", HitKind::sparse);
  metric("metric.TopKCategoricalAccuracy", HitKind::categorical_top_k);
  return all;
}

}  // namespace

TEST_CASE("golden: Keras's own numbers for losses, activations, pooling, normalization and metrics") {
  std::ifstream file(std::string(LEHR_TESTS_DIR) + "/golden/kernels.json");
  const json cases = json::parse(file);
  const auto known = answers();
  Cpu cpu(2);
  CHECK(cases.size() >= 50);
  for (const json& c : cases) {
    const auto id = c["id"].get<std::string>();
    CAPTURE(id);
    const auto answer = known.find(c["component"].get<std::string>());
    REQUIRE_MESSAGE(answer != known.end(), "no test for this component");
    const auto want = numbers(c["expected"]).values;
    const double relative = c["tolerance"]["rtol"].get<double>(), absolute = c["tolerance"]["atol"].get<double>();
    check::golden_ran("upstream.json", id);
    check::report(id, check::compare(answer->second(cpu, c), want, [&](std::size_t i) { return absolute + relative * std::abs(want[i]); }));
  }
}

}  // namespace lehr
