// Every layer that real Keras was asked about: outputs in training and inference, gradients of inputs and weights, moved statistics.
// The same weights and inputs; a difference counts against the largest number of its array. Keras's own backends differ by 8e-7 of it.
#include <doctest/doctest.h>

#include "layers/catalogue.h"
#include "tests/check/golden.h"
#include "tests/check/network_run.h"

using namespace lehr;
using check::Golden;
using check::NetworkRun;

namespace {

constexpr double tolerance = 1e-5;

Network network_of(const std::string& class_name, const JsonValue& config) {
  Network net;
  net.add(layer_catalogue().from(check::recorded_spec(class_name, config)));
  return net;
}

check::NetworkRunOptions options_of(const Golden& golden, const std::string& name, PlanMode mode) {
  return {.mode = mode, .batch = golden.at(name, "x").shape()[0]};
}

void load_weights(NetworkRun& run, const Golden& golden, const std::string& name) {
  const std::size_t count = run.state().tensors().size();
  for (std::size_t i = 0; i < count; ++i) run.state().write(i, golden.at(name, "w" + std::to_string(i)));
  CHECK_MESSAGE(golden.find(name, "w" + std::to_string(count)) == nullptr, name, ": Keras has more weights");
}

/// Share of the tolerance that the worst number uses.
double compare_with_keras(const Golden& golden, const std::string& name, const Network& network) {
  double worst = 0;
  const auto agree = [&](const std::string& what, const std::vector<float>& got, const std::vector<float>& want) {
    const double used = check::distance(got, want) / tolerance;
    CHECK_MESSAGE(used <= 1, name, ", ", what, ": ", 100 * used, " % of the tolerance");
    worst = std::max(worst, used);
  };
  const auto x = golden.floats(name, "x");
  const Shape sample = golden.at(name, "x").shape().without_batch();
  NetworkRun inference(network, sample, options_of(golden, name, PlanMode::predict));
  load_weights(inference, golden, name);
  agree("y", inference.run(x), golden.floats(name, "y"));

  NetworkRun training(network, sample, options_of(golden, name, PlanMode::train));
  load_weights(training, golden, name);
  const std::string y_train = golden.find(name, "y_train") != nullptr ? "y_train" : "y";
  agree(y_train, training.run(x, golden.floats(name, "dy")), golden.floats(name, y_train));
  agree("dx", training.input_gradient(), golden.floats(name, "dx"));
  for (std::size_t i = 0, gradient = 0; i < training.state().tensors().size(); ++i) {
    const std::string number = std::to_string(i), after = "w_after" + number;
    if (training.state().tensors()[i].trainable)
      agree("dw" + number, training.weight_gradient(i), golden.floats(name, "dw" + std::to_string(gradient++)));
    else
      agree(after, training.weight(i), golden.floats(name, golden.find(name, after) != nullptr ? after : "w" + number));
  }
  return worst;
}

}  // namespace

TEST_CASE("golden: layers give Keras's outputs and gradients") {
  const Golden golden = Golden::read("layers");
  check::Book book("layers.json");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string(), class_name = c.at("class_name").string();
    CAPTURE(name);
    if (const auto why = check::unsupported(layer_catalogue(), class_name, c.at("config")); !why.empty()) {
      book.skipped(name, why);
      continue;
    }
    book.ran(name, compare_with_keras(golden, name, network_of(class_name, c.at("config"))));
  }
  book.close("layers");
}

TEST_CASE("golden: the layer cases of Keras's own tests") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/upstream.json"), "upstream.json");
  check::Book book("upstream.json");
  for (const auto& c : cases.elements()) {
    const std::string id = c.at("id").string(), component = c.at("component").string();
    const auto agree = [&](const std::vector<float>& got, const JsonValue& expected) {
      const double used = check::used_of(c.at("tolerance"), got, check::flat(expected));
      CHECK_MESSAGE(used <= 1, id, ": ", 100 * used, " % of the tolerance");
      book.ran(id, used);
    };
    if (id == "summary.dense_counts") {
      const BuiltNetwork built(network_from_text("dense(4) | dense(2)"), {2});
      CHECK(built.parameter_count() == c.at("expected").at("total_params").integer());
      CHECK(built.trainable_count() == c.at("expected").at("trainable_params").integer());
      book.ran(id, 0);
    } else if (id == "aug.translate_up_constant") {
      NetworkRun run(network_from_text("random_translation([-0.2, -0.2], 0, fill_mode=constant)"), {5, 5, 1},
                     {.mode = PlanMode::train, .batch = 1, .input_gradient = false});
      agree(run.run(check::flat_f32(c.at("inputs").at("image_5x5"))), c.at("expected"));
    } else if (id == "aug.flip_horizontal") {  // the draw decides: some step flips
      NetworkRun run(network_from_text("random_flip(horizontal)"), {1, 2, 3},
                     {.mode = PlanMode::train, .batch = 1, .input_gradient = false});
      const auto x = check::flat_f32(c.at("inputs").at("x"));
      auto y = x;
      for (std::int64_t step = 0; y == x && step < 64; ++step) {
        run.set_step(step);
        y = run.run(x);
      }
      agree(y, c.at("expected"));
    } else if (id == "layer.conv2d.shape0") {
      const auto shape = check::flat(c.at("inputs").at("input_shape"));
      const BuiltNetwork built(network_of("Conv2D", c.at("params")),
                               {static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[3])});
      const auto& out = built.output().extents();
      agree({static_cast<float>(shape[0]), static_cast<float>(out[0]), static_cast<float>(out[1]), static_cast<float>(out[2])},
            c.at("expected").at("output_shape"));
    } else if (id == "ops.batch_normalization") {
      NetworkRun run(network_from_text("batch_normalization(epsilon=1e-7)"), {3}, {.batch = 2});
      const auto& in = c.at("inputs");
      const char* names[] = {"scale", "offset", "mean", "variance"};
      for (std::size_t i = 0; i < 4; ++i) run.set_weight(i, check::flat_f32(in.at(names[i])));
      agree(run.run(check::flat_f32(in.at("x"))), c.at("expected"));
    } else if (component.starts_with("activation.")) {
      const std::string name = component.substr(component.find('.') + 1);
      const auto x = check::flat_f32(c.at("inputs").at("x"));
      if (!activation_of(name)) {
        book.skipped(id, "no activation " + name);
        continue;
      }
      const JsonValue* alpha = c.at("params").find("alpha");  // a key of the layer of that name
      const std::string layer = alpha == nullptr ? "activation(" + name + ")" : name + "(alpha=" + alpha->text() + ")";
      const std::int64_t width = check::extents(c.at("inputs").at("x")).back();
      NetworkRun run(network_from_text(layer), {width}, {.batch = static_cast<std::int64_t>(x.size()) / width});
      agree(run.run(x), c.at("expected"));
    } else if (component.starts_with("layer.")) {
      const std::string class_name = component.substr(component.find('.') + 1);
      if (const auto why = check::unsupported(layer_catalogue(), class_name, c.at("params")); !why.empty()) {
        book.skipped(id, why);
        continue;
      }
      const JsonValue& x = c.at("inputs").at("x");
      auto shape = check::extents(x);
      if (shape.size() == 1) shape.insert(shape.begin(), 1);
      const Shape batched(shape);
      NetworkRun run(network_of(class_name, c.at("params")), batched.without_batch(), {.batch = batched[0]});
      agree(run.run(check::flat_f32(x)), c.at("expected"));
    }
  }
  book.close("layers and activations of Keras's own tests");
}
