#include "engine/data/named_sets.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engine/data/arrays.h"
#include "engine/data/cifar.h"
#include "engine/data/idx.h"
#include "engine/data/image_folder.h"
#include "engine/data/npz.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

bool present(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// The file, with or without .gz; empty where there is neither.
std::string idx_file(const fs::path& folder, const std::string& name) {
  for (const char* ending : {".gz", ""})
    if (present(folder / (name + ending))) return (folder / (name + ending)).string();
  return {};
}

Dataset idx_part(const std::string& images, const std::string& labels, const std::string& name,
                 const std::vector<std::string>& class_names) {
  Dataset data = dataset_from_arrays(read_idx(images), read_idx(labels), images, labels);
  if (data.x.dtype() != DType::u8 || data.x.shape().rank() != 3)
    throw Error({.category = Category::data,
                 .where = images,
                 .what = "holds no grey images",
                 .expected = "uint8 (n, height, width)",
                 .got = std::string(name_of(data.x.dtype())) + " " + data.x.shape().text()});
  const Shape& shape = data.x.shape();
  data.x = data.x.reshaped({shape[0], shape[1], shape[2], 1});
  data.class_names = class_names;
  data.name = name;
  return data;
}

std::optional<DataSplits> load_idx_folder(const fs::path& folder, const std::string& name, const std::vector<std::string>& class_names) {
  const std::string train = idx_file(folder, "train-images-idx3-ubyte");
  if (train.empty()) return std::nullopt;
  const auto need = [&](const std::string& file) {
    std::string found = idx_file(folder, file);
    if (found.empty())
      throw Error({.category = Category::data,
                   .where = (folder / (file + ".gz")).string(),
                   .what = "no such file",
                   .hint = "The set has four IDX files."});
    return found;
  };
  return DataSplits{.train = idx_part(train, need("train-labels-idx1-ubyte"), name + "/Train", class_names),
                    .test = idx_part(need("t10k-images-idx3-ubyte"), need("t10k-labels-idx1-ubyte"), name + "/Test", class_names),
                    .source = folder.string()};
}

std::vector<std::string> digit_names() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }
std::vector<std::string> fashion_names() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

[[noreturn]] void not_found(const std::string& name, const std::string& wanted, const LoadOptions& options) {
  std::string places;
  for (const std::string& folder : data_folders(options.data_dir)) places += (places.empty() ? "" : ", ") + folder;
  throw Error({.category = Category::data,
               .where = name,
               .what = "is not on this machine",
               .expected = wanted + " in one of: " + (places.empty() ? "(no folder is set)" : places),
               .hint = "Name the folder that has it with --data-dir, or run: lehr data fetch " + name});
}

void add_channel(std::optional<Dataset>& part) {
  if (!part || part->x.shape().rank() != 3) return;
  const Shape& shape = part->x.shape();
  part->x = part->x.reshaped({shape[0], shape[1], shape[2], 1});
}

std::optional<DataSplits> load_mnist_npz(const fs::path& file) {
  if (!present(file)) return std::nullopt;
  DataSplits out = load_npz_splits(file.string());
  for (auto* part : {&out.train, &out.validation, &out.test}) {
    add_channel(*part);
    if (*part) (*part)->class_names = digit_names();
  }
  return out;
}

/// The one zip of a folder that has no folders.
std::string single_zip(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> found;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->is_directory(error)) return {};
    if (at->path().extension() == ".zip") found.push_back(at->path().string());
  }
  return found.size() == 1 ? found.front() : std::string{};
}

std::optional<DataSplits> load_cifar_folder(const fs::path& folder, const LoadOptions& options) {
  if (present(folder / "data_batch_1.bin")) return load_cifar10_bin(folder.string());
  if (present(folder / "data_batch_1")) return load_cifar10_py(folder.string());
  if (present(folder / "cifar-10-batches-py")) return load_cifar_folder(folder / "cifar-10-batches-py", options);
  if (const std::string zip = single_zip(folder); !zip.empty()) return load_zip(zip, options);
  return std::nullopt;
}

}  // namespace

std::vector<std::string> data_folders(const std::string& data_dir) {
  std::vector<std::string> out;
  const auto add = [&](const fs::path& path) {
    if (!path.empty()) out.push_back(path.string());
  };
  add(data_dir);
  if (const char* named = std::getenv("LEHR_DATA"); named != nullptr) add(named);
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    add(fs::path(home) / ".keras" / "datasets");
    add(fs::path(home) / ".lehr" / "datasets");
  }
  return out;
}

DataSplits load_named(const FashionMnist&, const LoadOptions& options) {
  for (const std::string& folder : data_folders(options.data_dir))
    for (const char* name : {"fashion-mnist", "fashion_mnist"})
      if (auto found = load_idx_folder(fs::path(folder) / name, "fashion_mnist", fashion_names())) return *std::move(found);
  not_found("fashion_mnist", "fashion-mnist/ or fashion_mnist/ with the four IDX.gz files", options);
}

DataSplits load_named(const Mnist&, const LoadOptions& options) {
  for (const std::string& folder : data_folders(options.data_dir)) {
    if (auto found = load_idx_folder(fs::path(folder) / "mnist", "mnist", digit_names())) return *std::move(found);
    for (const char* name : {"mnist.npz", "mnist/mnist.npz"})
      if (auto found = load_mnist_npz(fs::path(folder) / name)) return *std::move(found);
  }
  not_found("mnist", "mnist/ with the four IDX.gz files, or mnist.npz", options);
}

DataSplits load_named(const Cifar10&, const LoadOptions& options) {
  for (const std::string& folder : data_folders(options.data_dir)) {
    for (const char* name : {"cifar-10-batches-bin", "cifar-10-batches-py", "cifar-10-batches-py-target", "cifar10"})
      if (auto found = load_cifar_folder(fs::path(folder) / name, options)) return *std::move(found);
    if (present(fs::path(folder) / "cifar10")) return load_folder((fs::path(folder) / "cifar10").string(), options);
  }
  not_found("cifar10", "cifar-10-batches-bin/, cifar-10-batches-py/, or cifar10/ with a zip or class folders", options);
}

std::optional<DataSplits> load_known_folder(const std::string& folder, const LoadOptions& options) {
  const std::string name = fs::path(folder).filename().string();
  if (auto found = load_idx_folder(folder, name, name.starts_with("fashion") ? fashion_names() : std::vector<std::string>{})) return found;
  return load_cifar_folder(folder, options);
}

}  // namespace lehr
