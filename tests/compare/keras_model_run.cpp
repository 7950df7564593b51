// keras_model_run MODEL.keras X.npy THREADS: rebuilds a model from its file, predicts X, prints how long that took in seconds; then, for every
// line that comes in, predicts X again and prints the milliseconds. For keras_applications.py.
#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "engine/data/npy.h"
#include "engine/json.h"
#include "engine/planner.h"
#include "kernels/cpu.h"
#include "layers/keras_config.h"
#include "weights/tensor_file.h"

namespace {

using namespace lehr;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void load_by_name(State& state, const BuiltNetwork& built, const TensorFile& file) {
  std::map<std::string, const WeightLayer*> theirs;
  for (const auto& layer : file.layers)
    if (!layer.weights.empty()) theirs[layer.name] = &layer;
  for (std::size_t i = 0; i < built.layers().size(); ++i) {
    const auto& layer = built.layers()[i];
    if (layer.weights.empty() || built.network().entries()[i].shared_with) continue;
    const auto found = theirs.find(layer.name);
    if (found == theirs.end() || found->second->weights.size() != layer.weights.size())
      throw Error({.category = Category::data, .where = file.source, .what = "lacks weights of a layer", .expected = layer.name});
    for (std::size_t w = 0; w < layer.weights.size(); ++w) state.write(layer.state[w], found->second->weights[w].values.as_f32());
  }
}

void run(const std::string& model, const std::string& x_file, int threads) {
  const double begin = now();
  const TensorFile file = read_tensor_file(model);
  const Network network = network_from_keras_config(JsonValue::parse(file.model_config, model), model);
  Array x = read_npy(x_file);
  const BuiltNetwork built(network, x.shape().without_batch());
  Cpu cpu(threads);
  State state(cpu, built.tensors(), false);
  load_by_name(state, built, file);
  Planner p(state, {.mode = PlanMode::predict, .batch = x.shape()[0]});
  const Value input = p.bound("x", static_cast<std::int64_t>(x.count()), DType::f32), output = built.emit(p, input).back();
  p.keep(output);
  const auto plan = p.finish();
  plan->bind(input, {x.data(), DType::f32, x.count()});
  plan->run();
  std::cout << now() - begin << '\n' << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
    const double start = now();
    plan->run();
    std::cout << 1e3 * (now() - start) << '\n' << std::flush;
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 4) throw Error({.category = Category::usage, .where = "keras_model_run", .what = "takes MODEL X THREADS"});
    run(arguments[1], arguments[2], std::stoi(arguments[3]));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
