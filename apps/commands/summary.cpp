// lehr summary: Keras's table of a network; with --plan what a step runs and where its memory lies; with --picture its graph.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "engine/spec/size.h"
#include "layers/keras_summary.h"
#include "layers/network.h"
#include "tune/keras_optimizer.h"
#include "tune/plan_table.h"
#include "tune/plot/figure.h"
#include "tune/plot/network_picture.h"
#include "tune/run_folder.h"
#include "tune/step_summary.h"
#include "tune/terminal.h"
#include "weights/model_file.h"

namespace lehr {

namespace {

struct SummaryFlags {
  FitJob job;
  std::string model, input_shape = "100x100x3", picture, step = "train";
  std::optional<int> line_length;
  bool plan = false;
};

Shape shape_from(const std::string& text) {
  std::vector<std::int64_t> extents;
  const SpecValue value = parse_spec(text, "--input-shape");  // of a temporary, the elements would be gone before the loop begins
  for (const auto& item : spec_elements(value)) extents.push_back(spec_integer(item, 1, 1'000'000));
  return Shape(std::move(extents));
}

void write_picture(const BuiltNetwork& network, const std::filesystem::path& file) {
  const bool png = file.extension() == ".png";
  if (!png && file.extension() != ".svg")
    throw Error({.category = Category::usage,
                 .where = "--picture",
                 .what = "unknown kind of picture",
                 .expected = ".svg or .png",
                 .got = file.string()});
  plot::write_drawing(plot::network_picture(network), png ? std::filesystem::path() : file, png ? file : std::filesystem::path());
}

/// A run's folder or name, a model file, or a text.
Network network_of(const std::string& model) {
  for (const std::string& folder : {model, "runs/" + model})
    if (RunFolder::holds_run(folder)) return job_network(job_from_config(folder + "/config.toml"));
  return network_with_files(model);
}

/// Of a compiled model's file: what its optimizer holds.
std::optional<OptimizerSize> optimizer_of(const std::string& model, const BuiltNetwork& built) {
  const auto file = names_model(model) ? whole_model(model) : std::nullopt;
  if (!file || read_model_texts(*file).compile_config.empty()) return {};
  return optimizer_size(read_tensor_file(*file), built);
}

/// Layers as the engine runs them: those of models within models one by one.
JsonValue summary_json(const BuiltNetwork& built) {
  auto layers = JsonValue::array();
  for (std::size_t i = 0; i < built.layers().size(); ++i) {
    const BuiltLayer& layer = built.layers()[i];
    auto inputs = JsonValue::array();
    for (const auto node : layer.inputs) inputs.push_back(node == 0 ? JsonValue() : JsonValue(built.layers()[node - 1].name));
    const bool again = built.network().entries()[i].shared_with.has_value();
    layers.push_back(JsonValue::object({{"name", layer.name},
                                        {"class", layer.class_name},
                                        {"inputs", inputs},
                                        {"output_shape", layer.output.extents()},
                                        {"params", again ? 0 : layer.parameter_count()},
                                        {"trainable", layer.trainable}}));
  }
  return JsonValue::object({{"model", built.network().name()},
                            {"input_shape", built.input().extents()},
                            {"layers", layers},
                            {"total_params", built.parameter_count()},
                            {"trainable_params", built.trainable_count()},
                            {"non_trainable_params", built.parameter_count() - built.trainable_count()}});
}

void summary_command(Console& console, const SummaryFlags& flags) {
  const Network network = network_of(flags.model);
  const BuiltNetwork built(network, network.input_shape() ? *network.input_shape() : shape_from(flags.input_shape));
  std::optional<PlanTable> plan;
  if (flags.plan) plan = step_summary(built, flags.job, flags.step == "predict");
  const std::optional<OptimizerSize> optimizer = optimizer_of(flags.model, built);
  if (console.json) {
    JsonValue document = summary_json(built);
    if (optimizer) document["optimizer_params"] = optimizer->parameters;
    if (plan) document["plan"] = plan_json(*plan);
    console.out << document.text(2) << '\n';
  } else {
    console.out << keras_summary(
        built, {.terminal_columns = terminal_of(STDOUT_FILENO).width, .line_length = flags.line_length, .optimizer = optimizer});
    if (plan) console.out << '\n' << plan_text(*plan);
  }
  if (!flags.picture.empty()) write_picture(built, flags.picture);
}

}  // namespace

void add_summary(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("summary", "layers, shapes and weights of a network");
  auto flags = std::make_shared<SummaryFlags>();
  command->add_option("model", flags->model, "a run, a model file, or a network as for fit --model")->required();
  command->add_option("--input-shape", flags->input_shape, "HEIGHTxWIDTHxCHANNELS")->capture_default_str();
  command->add_option("--line-length", flags->line_length, "letters a line; default: what Keras takes for this terminal");
  command->add_flag("--plan", flags->plan, "operations, memory, flops and floor of one step");
  command->add_option("--step", flags->step, "which: train or predict")->check(CLI::IsMember({"train", "predict"}))->capture_default_str();
  command->add_option("--optimizer", flags->job.optimizer, "of the training step")->capture_default_str();
  command->add_option("--batch-size", flags->job.batch_size)->capture_default_str();
  command->add_option("--picture", flags->picture, "the graph as .svg (or .png)");
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { summary_command(console, *flags); });
}

}  // namespace lehr
