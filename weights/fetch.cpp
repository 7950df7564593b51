#include "weights/fetch.h"

#include <cstdlib>
#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/names.h"
#include "kernels/error.h"
#include "weights/imagenet_classes_data.h"
#include "weights/source.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

constexpr const char* class_index = "imagenet_class_index.json";
constexpr const char* class_index_url = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json";
constexpr const char* class_index_md5 = "md5:c2c37ea517e94d9795004a39431a14cb";

const PretrainedWeights& find(const WeightFetch& what) {
  std::vector<std::string> names;
  for (const auto& known : pretrained_weights()) {
    if (same_name(known.network, what.name) && known.include_top == what.include_top) return known;
    if (names.empty() || names.back() != known.network) names.emplace_back(known.network);
  }
  throw Error({.category = Category::usage,
               .where = "weights fetch",
               .what = "there are no weights \"" + what.name + "\" to be fetched",
               .expected = one_of(names),
               .got = what.name});
}

fs::path model_home(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return fs::path(home) / ".keras" / "models";
  throw Error({.category = Category::usage, .where = "--data-dir", .what = "is needed: HOME is not set"});
}

std::string address(const std::string& mirror, std::string_view file, std::string_view official) {
  return mirror.empty() ? std::string(official) : mirror + (mirror.ends_with('/') ? "" : "/") + std::string(file);
}

}  // namespace

FetchedWeights fetch_weights(const WeightFetch& what) {
  const PretrainedWeights& known = find(what);
  const fs::path home = model_home(what.folder);
  FetchedWeights out{.file = (home / known.file).string()};
  out.already_there = download({.urls = {address(what.mirror, known.file, known.url)},
                                .file = out.file,
                                .digest = "md5:" + std::string(known.md5),
                                .bytes = static_cast<std::int64_t>(known.bytes)},
                               what.hooks) == Fetched::already_there;
  if (!what.include_top) return out;
  try {  // names are a comfort: without them classes are numbers
    const std::string names = (home / class_index).string();
    download({.urls = {address(what.mirror, class_index, class_index_url)}, .file = names, .digest = class_index_md5}, what.hooks);
    out.class_names = names;
  } catch (const Error& error) {
    if (error.info().category == Category::interrupted) throw;
  }
  return out;
}

std::vector<std::string> imagenet_classes(const std::string& given_folder) {
  std::error_code ignored;
  for (const auto& folder : weight_folders(given_folder)) {
    const fs::path file = fs::path(folder) / class_index;
    if (!fs::is_regular_file(file, ignored)) continue;
    // {"0": ["n01440764", "tench"], ...}
    const JsonValue json = JsonValue::parse(read_file(file), file.string());
    std::vector<std::string> out(json.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = json.at(std::to_string(i)).at(std::size_t{1}).string();
    return out;
  }
  const auto bundled = bundled_imagenet_classes();
  return {bundled.begin(), bundled.end()};
}

}  // namespace lehr
