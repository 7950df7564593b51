// lehr summary: the layers of a network, their shapes and weights; with --plan what a step runs and where its memory lies.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "engine/spec/parse.h"
#include "engine/spec/size.h"
#include "layers/network.h"
#include "tune/format.h"
#include "tune/step_plan.h"

namespace lehr {

namespace {

struct SummaryFlags {
  FitJob job;
  std::string model, input_shape = "100x100x3";
  bool plan = false;
};

Shape shape_from(const std::string& text) {
  std::vector<std::int64_t> extents;
  const SpecValue value = parse_spec(text, "--input-shape");  // of a temporary, the elements would be gone before the loop begins
  for (const auto& item : spec_elements(value)) extents.push_back(spec_integer(item, 1, 1'000'000));
  return Shape(std::move(extents));
}

std::string shape_text(const Shape& shape) {
  std::string out = "(None";
  for (const auto extent : shape.extents()) out += ", " + std::to_string(extent);
  return out + ")";
}

void print_layers(Console& console, const BuiltNetwork& network) {
  console.out << fmt::format("{:<44} {:<24} {:>12}\n", "Layer (type)", "Output Shape", "Param #") << std::string(82, '-') << '\n';
  for (const auto& layer : network.layers()) {
    std::int64_t parameters = 0;
    for (const auto& w : layer.weights) parameters += w.shape.elements();
    console.out << fmt::format("{:<44} {:<24} {:>12}\n", layer.name + " (" + layer.class_name + ")", shape_text(layer.output),
                               count_text(parameters));
  }
  const std::int64_t total = network.parameter_count(), trainable = network.trainable_count();
  const auto line = [&](const char* what, std::int64_t count) {
    console.out << fmt::format("{}: {} ({})\n", what, count_text(count), bytes_text(4.0 * static_cast<double>(count)));
  };
  console.out << '\n';
  line("Total params", total);
  line("Trainable params", trainable);
  line("Non-trainable params", total - trainable);
}

void print_plan(Console& console, const BuiltNetwork& network, const FitJob& job) {
  const auto backend = open_device(job).backend;
  State state(*backend, network.tensors(), false);
  StepPlan step = make_step_plan({.network = network,
                                  .state = state,
                                  .options = {.mode = PlanMode::predict, .batch = job.batch_size},
                                  .form = {.x = DType::u8, .sample = network.input(), .input = rescaling(1 / 255.0)}});
  console.out << fmt::format("\n{:<32} {:<24} {:>14} {:>12}\n", "operation", "layer", "flop", "scratch");
  for (const auto& op : step.plan->operations())
    console.out << fmt::format("{:<32} {:<24} {:>14.0f} {:>12}\n", op.name, op.layer, op.flops,
                               bytes_text(static_cast<double>(op.workspace_bytes)));
  console.out << fmt::format("\nbatch {}: arena {} (kept naively {}), packed weights {}, {:.2f} GFLOP\n", job.batch_size,
                             bytes_text(static_cast<double>(step.plan->arena_bytes())),
                             bytes_text(static_cast<double>(step.plan->naive_bytes())),
                             bytes_text(static_cast<double>(step.plan->kept_bytes())), step.plan->flops() / 1e9);
}

void run(Console& console, SummaryFlags& flags) {
  const Network network = network_from_text(flags.model);
  const BuiltNetwork built(network, network.input_shape() ? *network.input_shape() : shape_from(flags.input_shape));
  print_layers(console, built);
  if (flags.plan) print_plan(console, built, flags.job);
}

}  // namespace

void add_summary(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("summary", "layers, shapes and weights of a network");
  auto flags = std::make_shared<SummaryFlags>();
  command->add_option("model", flags->model, "a network, as for fit --model")->required();
  command->add_option("--input-shape", flags->input_shape, "HEIGHTxWIDTHxCHANNELS")->capture_default_str();
  command->add_flag("--plan", flags->plan, "operations, memory and flops of one step");
  command->add_option("--batch-size", flags->job.batch_size)->capture_default_str();
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { run(console, *flags); });
}

}  // namespace lehr
