// lehr predict: classes and probabilities of images or arrays.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/atomic_file.h"
#include "engine/data/image.h"
#include "engine/data/natural_sort.h"
#include "engine/data/npy.h"
#include "engine/data/resize.h"
#include "engine/json.h"
#include "tune/format.h"

namespace lehr {

namespace {

struct PredictFlags {
  FitJob job;
  std::string run, input, output, weights = "last";
};

struct Rows {
  Array x;
  std::vector<std::string> names;
};

std::vector<std::string> image_files(const std::string& input) {
  if (!std::filesystem::exists(input))
    throw Error({.category = Category::data,
                 .where = input,
                 .what = "there is no such file or folder",
                 .expected = "x.npy, an image or a folder of images"});
  if (!std::filesystem::is_directory(input)) return {input};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(input))
    if (has_image_extension(entry.path().string())) files.push_back(entry.path().string());
  if (files.empty())
    throw Error({.category = Category::data,
                 .where = input,
                 .what = "there are no images in the folder",
                 .expected = "jpg, png, bmp or ppm files"});
  natural_sort(files);
  return files;
}

Rows read_rows(const std::string& input, const FitJob& job, const LoadedRun& loaded) {
  if (input.ends_with(".npy")) {
    Rows rows{.x = read_npy(input), .names = {}};
    for (std::int64_t i = 0; i < rows.x.rows(); ++i) rows.names.push_back(std::to_string(i));
    return rows;
  }
  const Shape& shape = loaded.model->network().input();
  if (shape.rank() != 3)
    throw Error({.category = Category::usage,
                 .where = "--input",
                 .what = "this model takes no images",
                 .expected = "an .npy file of rows " + shape.text(),
                 .got = input});
  Rows rows{.x = {}, .names = image_files(input)};
  const ImageSize size{.height = static_cast<int>(shape[0]), .width = static_cast<int>(shape[1])};
  rows.x = Array(shape.with_batch(static_cast<std::int64_t>(rows.names.size())), DType::u8);
  std::byte* to = rows.x.data();
  for (const auto& file : rows.names) {
    const Image image = resize(read_image(file, shape.back() == 1 ? ColorMode::gray : ColorMode::rgb), size, resize_from(job.resize));
    std::memcpy(to, image.pixels.data(), image.pixels.size());
    to += image.pixels.size();
  }
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

void run(Console& console, PredictFlags& flags) {
  LoadedRun loaded = open_run(run_path(flags.run), flags.weights, "runs", flags.job.device, flags.job.threads);
  const Rows rows = read_rows(flags.input, loaded.job, loaded);
  const Array y = loaded.model->predict(rows.x, loaded.job.batch_size);
  const auto classes = load_job_data(loaded.job.data, loaded.job).any().class_names;
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
  command->add_option("run", flags->run, "folder of a run, or its name under runs/")->required();
  command->add_option("--input", flags->input, "x.npy, an image, or a folder of images")->required();
  command->add_option("--output", flags->output, "y.npy or y.csv");
  command->add_option("--weights", flags->weights, "best, last or a file")->capture_default_str();
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { run(console, *flags); });
}

}  // namespace lehr
