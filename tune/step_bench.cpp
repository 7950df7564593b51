#include "tune/step_bench.h"

#include <algorithm>
#include <functional>

#include "kernels/bench.h"
#include "kernels/philox.h"
#include "layers/network.h"
#include "optim/adam.h"
#include "tune/device_rows.h"
#include "tune/steady_seconds.h"
#include "tune/step_plan.h"

namespace lehr {

namespace {

struct BenchNet {
  const char *name, *model;
  Shape input;
  std::int64_t classes, batch;
};

const BenchNet& find_net(const std::string& name) {
  static const BenchNet nets[] = {{"vgg16", "lecture_vgg16(classes=62, weights=none)", {100, 100, 3}, 62, 32},
                                  {"cifar", "lecture_cnn(relu)", {32, 32, 3}, 10, 128},
                                  {"mlp", "lecture_mlp(320)", {28, 28, 1}, 10, 32}};
  for (const auto& net : nets)
    if (name == net.name) return net;
  throw Error(
      {.category = Category::usage, .where = "bench step", .what = "unknown network", .expected = "vgg16, cifar or mlp", .got = name});
}

double floor_of(Backend& backend, Precision precision, double flops, std::int64_t parameters) {
  // Adam reads weight, gradient and two slots and writes three of them: seven accesses to four arrays.
  const double touched = 16.0 * static_cast<double>(parameters), moved = 28.0 * static_cast<double>(parameters);
  Roof roof(backend, 0.2);
  const double peak = roof.flops(precision == Precision::mixed_bfloat16 ? DType::bf16 : DType::f32, precision == Precision::tf32);
  return std::max(peak > 0 ? flops / peak : 0, moved / roof.bandwidth(touched));
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds of one operation by itself, again and again on what the last step left in its memory.
std::vector<double> run_alone(const Plan& plan, std::size_t operation, int times, Backend& backend) {
  std::vector<double> seconds;
  backend.enter();
  for (int i = 0; i < times; ++i) {
    const double begin = steady_seconds();
    plan.operations()[operation].run(Binding(plan), plan.workspace(operation), backend.stream());
    backend.stream().synchronize();
    seconds.push_back(steady_seconds() - begin);
  }
  return seconds;
}

/// Seconds of each operation: the median of `rounds` steps, in which every operation is waited for.
std::vector<OperationTime> time_operations(Plan& plan, int rounds, Backend& backend, const std::function<void()>& rewind) {
  std::vector<std::vector<double>> times(plan.operations().size());
  for (int round = 0; round < rounds; ++round) {
    rewind();
    const auto seconds = plan.run_timed();
    for (std::size_t i = 0; i < seconds.size(); ++i) times[i].push_back(seconds[i]);
  }
  std::vector<OperationTime> rows;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const PlanOp& op = plan.operations()[i];
    OperationTime row{.name = op.name, .layer = op.layer, .median_s = median(times[i]), .flops = op.flops};
    for (const auto* values : {&op.reads, &op.writes})
      for (const Value value : *values)
        if (value) row.bytes += static_cast<double>(plan.view(value).bytes());
    if (op.name.starts_with("conv2d")) row.alone_s = median(run_alone(plan, i, 5, backend));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

StepBenchResult run_step_bench(const StepBench& bench, Backend& backend) {
  const BenchNet& net = find_net(bench.net);
  const std::int64_t batch = bench.batch > 0 ? bench.batch : net.batch;
  Network network = network_from_text(net.model);
  network.set_weights({});
  const BuiltNetwork built(network, net.input);
  State state(backend, built.tensors(), bench.precision == Precision::mixed_bfloat16);
  built.initialize(state, 0);
  const Optimizer optimizer = Adam{.learning_rate = 1e-4};
  StepPlan step = make_step_plan({.network = built,
                                  .state = state,
                                  .options = {.mode = PlanMode::train, .batch = batch, .precision = bench.precision},
                                  .form = {.x = DType::f32, .sample = net.input},
                                  .loss = SparseCategoricalCrossentropy{},
                                  .metrics = {Accuracy()},
                                  .optimizer = &optimizer});

  Array x(net.input.with_batch(batch), DType::f32), y(Shape{batch}, DType::i32);
  for (std::size_t i = 0; i < x.count(); ++i) x.as<float>()[i] = uniform01(random_word({.seed = 1, .stream = 0}, 0, i));
  for (std::size_t i = 0; i < y.count(); ++i)
    y.as<std::int32_t>()[i] =
        static_cast<std::int32_t>(random_word({.seed = 1, .stream = 1}, 0, i) % static_cast<std::uint32_t>(net.classes));
  const DeviceRows x_rows(backend, x), y_rows(backend, y);
  step.plan->bind(step.x, x_rows.view());
  step.plan->bind(step.y, y_rows.view());
  state.upload_step_table({optimizer.row(0, 1e-4)});

  const auto rewind = [&] {  // every step sees the first batch and the first row of the table
    auto counters = state.read_counters();
    counters.cursor = counters.sample = 0;
    state.write_counters(counters);
  };
  const auto once = [&] {  // rewinding copies from and to the device, which no step of a training does: it lies outside what is timed
    rewind();
    backend.stream().synchronize();
    const double begin = steady_seconds();
    step.plan->run();
    backend.stream().synchronize();
    return steady_seconds() - begin;
  };
  once();
  once();
  std::vector<double> times;
  const double end = steady_seconds() + bench.seconds;
  while (times.size() < 3 || (steady_seconds() < end && (bench.steps == 0 || static_cast<std::int64_t>(times.size()) < bench.steps))) {
    times.push_back(once());
  }
  const double flops = step.plan->flops();
  StepBenchResult out{.batch = batch,
                      .steps = static_cast<std::int64_t>(times.size()),
                      .median_s = median(times),
                      .min_s = *std::min_element(times.begin(), times.end()),
                      .flop_per_step = flops,
                      .floor_s = floor_of(backend, bench.precision, flops, built.parameter_count())};
  if (bench.operations)
    out.operations = time_operations(*step.plan, std::clamp<int>(static_cast<int>(times.size()), 3, 200), backend, rewind);
  for (const auto& row : out.operations) out.convolutions_alone_s += row.alone_s;
  return out;
}

}  // namespace lehr
