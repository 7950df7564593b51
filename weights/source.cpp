#include "weights/source.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

// keras.applications.vgg16: the files that Keras itself fetches, with the digests it checks.
constexpr std::array files{
    PretrainedWeights{
        .network = "vgg16",
        .include_top = false,
        .file = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        .url = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        .md5 = "6d6bbae143d832006294945121d1f1fc",
        .bytes = 58'889'256,
        .parameters = 14'714'688},
    PretrainedWeights{
        .network = "vgg16",
        .include_top = true,
        .file = "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        .url = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        .md5 = "64373286793e3c8b2b4e3219cbf3544b",
        .bytes = 553'467'096,
        .parameters = 138'357'544}};

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it while we read
  return value == nullptr ? "" : value;
}

}  // namespace

std::span<const PretrainedWeights> pretrained_weights() { return files; }

std::vector<std::string> weight_folders(const std::string& given) {
  std::vector<std::string> out;
  if (!given.empty()) out.push_back(given);
  if (const auto named = environment("LEHR_DATA"); !named.empty()) out.push_back(named);
  if (const auto home = environment("HOME"); !home.empty()) {
    out.push_back((fs::path(home) / ".keras" / "models").string());
    out.push_back((fs::path(home) / ".lehr" / "models").string());
  }
  return out;
}

std::string find_weights(const std::string& source, const std::string& network, const std::string& given_folder, bool include_top) {
  std::error_code ignored;
  if (source != "imagenet") {
    if (fs::is_regular_file(source, ignored)) return source;
    throw Error({.category = Category::data,
                 .where = source,
                 .what = "there is no such weights file",
                 .hint = "Give the path of a file, or weights=imagenet."});
  }
  for (const auto& known : files) {
    if (known.network != network || known.include_top != include_top) continue;
    std::string places;
    for (const auto& folder : weight_folders(given_folder)) {
      const auto path = fs::path(folder) / known.file;
      if (fs::is_regular_file(path, ignored)) return path.string();
      places += (places.empty() ? "" : ", ") + folder;
    }
    throw Error({.category = Category::data,
                 .where = network + "(weights=imagenet)",
                 .what = "the ImageNet weights are not here",
                 .expected = std::string(known.file) + " (" + std::to_string(known.bytes / 1'000'000) + " MB, md5 " +
                             std::string(known.md5) + ") in one of: " + places,
                 .hint = "Get it with:  lehr weights fetch " + network + (include_top ? " --include-top" : "") +
                         "\nOr, on a machine without network, copy " + std::string(known.url) +
                         " into one of these folders. weights=none starts from random values."});
  }
  throw Error({.category = Category::usage,
               .where = network + "(weights=imagenet)",
               .what = "there are no ImageNet weights for this network",
               .expected = "vgg16",
               .got = network});
}

}  // namespace lehr
