#include "engine/data/load.h"

#include <filesystem>
#include <new>

#include "engine/data/arrays.h"
#include "engine/data/csv.h"
#include "engine/data/data_catalogue.h"
#include "engine/data/digits.h"
#include "engine/data/faces.h"
#include "engine/data/image_folder.h"
#include "engine/data/named_sets.h"
#include "engine/data/parallel_rows.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

DataSplits load_path(const std::string& path, const LoadOptions& options) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    std::string known;
    for (const std::string& name : data_catalogue().names()) known += (known.empty() ? "" : ", ") + name;
    throw Error({.category = Category::data,
                 .where = path,
                 .what = "no such folder or file, and no data set of that name",
                 .expected = "a path, or one of " + known});
  }
  if (fs::is_directory(path, ignored)) {
    if (auto known = load_known_folder(path, options)) return *std::move(known);
    return load_folder(path, options);
  }
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".zip") return load_zip(path, options);
  if (extension == ".npz") return load_npz_splits(path);
  if (extension == ".npy") return load_arrays({.x = path}, options);
  if (extension == ".csv") return {.train = load_csv({.file = path}), .source = path};
  throw Error({.category = Category::data,
               .where = path,
               .what = "is no data set",
               .expected = "a folder of images, .zip, .npz, .npy or .csv",
               .got = extension.empty() ? "a file without extension" : extension});
}

struct Loader {
  const LoadOptions& options;
  DataSplits operator()(const FashionMnist& spec) const { return load_named(spec, options); }
  DataSplits operator()(const Mnist& spec) const { return load_named(spec, options); }
  DataSplits operator()(const Cifar10& spec) const { return load_named(spec, options); }
  DataSplits operator()(const Digits&) const { return load_digits(); }
  DataSplits operator()(const Faces& spec) const { return make_faces(spec); }
  DataSplits operator()(const Arrays& spec) const { return load_arrays(spec, options); }
  DataSplits operator()(const CsvData& spec) const { return {.train = load_csv(spec), .source = spec.file}; }
  DataSplits operator()(const DataPath& spec) const { return load_path(spec.path, options); }
};

/// Size and color for images that came as arrays; those from files have them already.
void fit_images(Dataset& data, const LoadOptions& options) {
  if (!data.is_images() || data.streamed) return;
  const Shape shape = data.sample_shape();
  const ImageSize size = options.image_size.value_or(ImageSize{.height = static_cast<int>(shape[0]), .width = static_cast<int>(shape[1])});
  const int channels = options.color ? channels_of(*options.color) : static_cast<int>(shape[2]);
  if (Shape({size.height, size.width, channels}) == shape || (shape[2] != 1 && shape[2] != 3)) return;
  const auto from_bytes = static_cast<std::size_t>(shape.elements());
  Array x({data.size(), size.height, size.width, channels}, DType::u8);
  const auto to_bytes = static_cast<std::size_t>(x.row_elements());
  const auto pixels = data.x.as<std::uint8_t>();
  for_rows(data.size(), options.threads, nullptr, [&](std::int64_t row) {
    const auto begin = pixels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * from_bytes);
    Image image{.height = static_cast<int>(shape[0]), .width = static_cast<int>(shape[1]), .channels = static_cast<int>(shape[2])};
    image.pixels.assign(begin, begin + static_cast<std::ptrdiff_t>(from_bytes));
    if (options.color) image = convert_color(std::move(image), *options.color);
    image = resize(image, size, options.resize);
    std::copy(image.pixels.begin(), image.pixels.end(),
              x.as<std::uint8_t>().begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * to_bytes));
  });
  data.x = std::move(x);
}

/// A part may not have what the training part has no place for.
void check_parts(const DataSplits& data) {
  if (!data.train) return;
  const Dataset& train = *data.train;
  for (const auto* part : {&data.validation, &data.test}) {
    if (!*part) continue;
    const Dataset& other = **part;
    if (other.sample_shape() != train.sample_shape())
      throw Error({.category = Category::data,
                   .where = other.name,
                   .what = "its samples have another shape than those it is to be used with",
                   .expected = train.sample_shape().text(),
                   .got = other.sample_shape().text()});
  }
}

}  // namespace

DataSplits load_data(const DataSpec& spec, const LoadOptions& options) {
  try {
    DataSplits out = std::visit(Loader{options}, spec);
    if (options.exclude) options.exclude->apply(out);
    out.left_out = options.exclude;
    for (auto* part : {&out.train, &out.validation, &out.test})
      if (*part) {
        fit_images(**part, options);
        check_dataset(**part);
      }
    check_parts(out);
    return out;
  } catch (const std::bad_alloc&) {
    throw Error({.category = Category::data,
                 .where = print(spec),
                 .what = "does not fit in memory",
                 .hint = "Give --memory 2GB, for example: what is larger is read while training."});
  }
}

Dataset load_inputs(const std::string& path, const LoadOptions& options) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw Error({.category = Category::data,
                 .where = path,
                 .what = "there is no such file or folder",
                 .expected = "x.npy, a table (.csv), an image or a folder of images"});
  if (fs::path(path).extension() == ".npy") return *load_data(Arrays{.x = path}, options).train;
  if (fs::path(path).extension() == ".csv") return load_csv_inputs(path);
  return load_images(path, options);
}

}  // namespace lehr
