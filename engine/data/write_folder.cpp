#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/data/image_folder.h"
#include "engine/data/image_write.h"
#include "engine/data/parallel_rows.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error({.category = Category::data, .where = folder.string(), .what = "cannot be made (" + error.message() + ")"});
}

void write_part(const Dataset& data, const fs::path& folder, ImageFormat format) {
  make_folder(folder);
  const Shape shape = data.sample_shape();
  if (!data.is_images() || (shape[2] != 1 && shape[2] != 3))
    throw Error({.category = Category::data,
                 .where = data.name,
                 .what = "cannot be written as images",
                 .expected = "uint8 samples (height, width, 1 or 3)",
                 .got = std::string(name_of(data.x_dtype())) + " " + shape.text()});
  const auto bytes = static_cast<std::size_t>(shape.elements());
  for_rows(data.size(), 0, nullptr, [&](std::int64_t row) {
    Image image{.height = static_cast<int>(shape[0]), .width = static_cast<int>(shape[1]), .channels = static_cast<int>(shape[2])};
    image.pixels.resize(bytes);
    const std::span<std::byte> out = std::as_writable_bytes(std::span(image.pixels));
    if (data.streamed)
      data.streamed->read(row, out);
    else
      std::copy_n(data.x.data() + static_cast<std::size_t>(row) * bytes, bytes, out.data());
    const std::string file = (folder / ("image_" + std::to_string(row))).string();
    if (format == ImageFormat::png)
      replace_file(file + ".png", encode_png(image));
    else
      replace_file(file + ".jpg", encode_jpeg(image));
  });
}

}  // namespace

void write_folder(const DataSplits& data, const std::string& root, ImageFormat format) {
  std::error_code error;
  if (fs::exists(root, error) && !(fs::is_directory(root, error) && fs::is_empty(root, error)))
    throw Error({.category = Category::data, .where = root, .what = "is there already", .hint = "Name a new folder, or empty this one."});
  const struct {
    const std::optional<Dataset>& part;
    const char *folder, *labels;
  } parts[] = {
      {data.train, "Train", "train_labels.csv"}, {data.validation, "Validation", "val_labels.csv"}, {data.test, "Test", "test_labels.csv"}};
  for (const auto& [part, folder, labels] : parts) {
    if (!part) continue;
    write_part(*part, fs::path(root) / folder, format);
    std::string lines;
    for (const std::int32_t id : part->label_ids()) lines += std::to_string(id) + "\n";
    write_file_atomically(fs::path(root) / labels, lines);
  }
  std::string names;
  const Dataset& any = data.any();
  for (std::int64_t id = 0; id < any.classes(); ++id) names += std::to_string(id) + "," + csv_field(any.class_name(id)) + "\n";
  write_file_atomically(fs::path(root) / "name_list.csv", names);
}

}  // namespace lehr
