// lehr predict: classes and probabilities of images or arrays.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <numeric>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/atomic_file.h"
#include "engine/data/npy.h"
#include "engine/json.h"
#include "tune/format.h"
#include "weights/fetch.h"

namespace lehr {

namespace {

struct PredictFlags {
  FitJob job;
  std::string run, input, output, weights = {};
};

struct Rows {
  Dataset data;
  std::vector<std::string> names;
};

Rows read_rows(const std::string& input, const LoadedRun& loaded) {
  LoadOptions options = job_load_options(loaded.job);
  const Shape& shape = loaded.model->network().input();
  const bool images = !input.ends_with(".npy") && !input.ends_with(".csv");
  if (images && shape.rank() != 3)
    throw Error({.category = Category::usage,
                 .where = "--input",
                 .what = "this model takes no images",
                 .expected = "an .npy file of rows " + shape.text() + ", or the table (.csv) of a run on tables",
                 .got = input});
  if (images) {
    options.image_size = ImageSize{.height = static_cast<int>(shape[0]), .width = static_cast<int>(shape[1])};
    options.color = shape.back() == 1 ? ColorMode::gray : ColorMode::rgb;
  }
  Rows rows{.data = load_inputs(input, options), .names = {}};
  for (std::int64_t i = 0; i < rows.data.size(); ++i) rows.names.push_back(std::to_string(i));
  const bool folder = std::filesystem::is_directory(input);
  for (std::size_t i = 0; i < rows.data.files.size(); ++i)
    rows.names[i] = folder ? (std::filesystem::path(input) / rows.data.files[i]).string() : input;
  return rows;
}

std::vector<std::int64_t> top_of(std::span<const float> row, std::size_t count) {
  std::vector<std::int64_t> order(row.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return row[a] > row[b]; });
  order.resize(std::min(count, order.size()));
  return order;
}

std::string table_of(const Rows& rows, const Array& y, const std::vector<std::string>& classes, const char* separator) {
  const auto values = y.as<float>();
  const auto width = static_cast<std::size_t>(y.row_elements());
  std::string out = std::string("row") + separator + "class" + separator + "name" + separator + "probability" + separator + "top 3\n";
  for (std::size_t r = 0; r < rows.names.size(); ++r) {
    const auto row = values.subspan(r * width, width);
    const auto top = top_of(row, 3);
    const auto name = [&](std::int64_t id) {
      return static_cast<std::size_t>(id) < classes.size() ? classes[static_cast<std::size_t>(id)] : std::to_string(id);
    };
    out += rows.names[r] + separator + std::to_string(top[0]) + separator + name(top[0]) + separator +
           repr(static_cast<double>(row[static_cast<std::size_t>(top[0])])) + separator;
    for (std::size_t i = 0; i < top.size(); ++i)
      out += (i == 0 ? "" : "; ") + name(top[i]) + " " + percent_text(static_cast<double>(row[static_cast<std::size_t>(top[i])]));
    out += '\n';
  }
  return out;
}

/// A network that does not say what it takes: rows as the array has them, or images of the given size.
void build_for_input(Model& model, const PredictFlags& flags) {
  const FitJob& job = flags.job;
  if (job.image_size.empty() && flags.input.ends_with(".npy"))
    return model.build(load_inputs(flags.input, job_load_options(job)).sample_shape());
  if (job.image_size.empty())
    throw Error({.category = Category::usage,
                 .where = "--image-size",
                 .what = "the network does not say the size of its images",
                 .expected = "HEIGHTxWIDTH, 224x224 for VGG-16"});
  const LoadOptions options = job_load_options(job);
  model.build(Shape{options.image_size->height, options.image_size->width, job.color == "gray" ? 1 : 3});
}

/// A run's folder or name; else a model.
LoadedRun open(PredictFlags& flags) {
  if (!names_model(flags.run)) {
    refuse_preprocessing(flags.job);
    return open_run(run_path(flags.run), flags.weights.empty() ? "last" : flags.weights, flags.job);
  }
  LoadedRun loaded = open_model(flags.run, flags.job, nullptr, flags.weights);
  if (!loaded.model->built()) build_for_input(*loaded.model, flags);
  if (!flags.weights.empty()) loaded.model->load_weights(flags.weights);
  return loaded;
}

void predict_command(Console& console, PredictFlags& flags) {
  LoadedRun loaded = open(flags);
  for (const auto& message : loaded.messages) console.err << "lehr: " << message << '\n';
  std::vector<std::string> classes;
  if (!names_model(flags.run))
    classes = loaded.data.any().class_names;
  else if (loaded.model->network().output() == Shape{1000})
    classes = imagenet_classes(flags.job.data_dir);
  loaded.data = {};  // only one set at a time in memory
  const Rows rows = read_rows(flags.input, loaded);
  const Array y = loaded.model->predict(rows.data, loaded.job.batch_size);
  if (flags.output.ends_with(".npy"))
    write_npy(flags.output, y);
  else if (!flags.output.empty())
    write_file_atomically(flags.output, table_of(rows, y, classes, ","));
  if (console.json) {
    JsonValue ids = JsonValue::array(), probabilities = JsonValue::array();
    const auto width = static_cast<std::size_t>(y.row_elements());
    for (std::size_t r = 0; r < rows.names.size(); ++r) {
      const auto row = y.as<float>().subspan(r * width, width);
      ids.push_back(top_of(row, 1).at(0));
      probabilities.push_back(std::vector<double>(row.begin(), row.end()));
    }
    console.out << JsonValue::object({{"classes", ids}, {"probabilities", probabilities}}).text() << '\n';
  } else if (flags.output.empty()) {
    console.out << table_of(rows, y, classes, "\t");
  }
}

}  // namespace

void add_predict(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("predict", "classes of images or arrays");
  auto flags = std::make_shared<PredictFlags>();
  command->add_option("run", flags->run, "folder of a run, its name under runs/, a model file (x.keras), or a network with weights")
      ->required();
  command->add_option("--input", flags->input, "x.npy, a table (.csv), an image, or a folder of images")->required();
  command->add_option("--output", flags->output, "y.npy or y.csv");
  command->add_option("--memory", flags->job.memory, "read images in batches where they take more than this");
  command->add_option("--batch-size", flags->job.batch_size)->capture_default_str();
  command->add_option("--preprocess", flags->job.preprocess, "of a model's images and byte arrays: none or vgg16")->capture_default_str();
  command->add_option("--rescale", flags->job.rescale, "of a model's images and byte arrays: a factor");
  command->add_option("--image-size", flags->job.image_size, "HEIGHTxWIDTH, where the model does not say it");
  command->add_option("--weights", flags->weights, weights_help);
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { predict_command(console, *flags); });
}

}  // namespace lehr
