#include "engine/data/cifar.h"

#include <filesystem>

#include "engine/data/cifar_pickle.h"
#include "engine/data/file.h"
#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::size_t plane = 1024, image_bytes = 3 * plane;

/// Three planes to three bytes a pixel.
void add_image(std::span<const std::byte> planes, std::vector<std::uint8_t>& x) {
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < 3; ++c) x.push_back(static_cast<std::uint8_t>(planes[c * plane + i]));
}

struct Rows {
  std::vector<std::uint8_t> x;
  std::vector<std::int32_t> y;

  void add(std::span<const std::byte> planes, std::int64_t label, const std::string& file, std::size_t row) {
    if (label < 0 || label > 9)
      throw Error({.category = Category::data,
                   .where = file + ", image " + std::to_string(row),
                   .what = "the label is out of range",
                   .expected = "0 to 9",
                   .got = std::to_string(label)});
    add_image(planes, x);
    y.push_back(static_cast<std::int32_t>(label));
  }
  Dataset dataset(const std::string& name) const {
    const auto n = static_cast<std::int64_t>(y.size());
    return {.x = Array::from<std::uint8_t>({n, 32, 32, 3}, x),
            .y = Array::from<std::int32_t>({n}, y),
            .class_names = cifar10_names(),
            .name = name};
  }
};

void add_bin(const std::string& file, Rows& rows) {
  const auto bytes = read_bytes(file);
  if (bytes.empty() || bytes.size() % (image_bytes + 1) != 0)
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is cut or no CIFAR batch",
                 .expected = "a multiple of 3073 bytes",
                 .got = std::to_string(bytes.size())});
  for (std::size_t at = 0; at < bytes.size(); at += image_bytes + 1)
    rows.add(std::span(bytes).subspan(at + 1, image_bytes), static_cast<std::int64_t>(bytes[at]), file, at / (image_bytes + 1));
}

void add_pickle(const std::string& file, Rows& rows) {
  const auto bytes = read_bytes(file);
  const CifarBatch batch = parse_cifar_pickle(bytes, file);
  for (std::size_t i = 0; i < batch.labels.size(); ++i)
    rows.add(batch.data.subspan(i * image_bytes, image_bytes), batch.labels[i], file, i);
}

template <class Add>
DataSplits load(const std::string& folder, const std::string& extension, Add add) {
  const std::filesystem::path root(folder);
  Rows train, test;
  for (int batch = 1; batch <= 5; ++batch) add((root / ("data_batch_" + std::to_string(batch) + extension)).string(), train);
  add((root / ("test_batch" + extension)).string(), test);
  return {.train = train.dataset("cifar10/Train"), .test = test.dataset("cifar10/Test"), .source = folder};
}

}  // namespace

const std::vector<std::string>& cifar10_names() {
  static const std::vector<std::string> names{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return names;
}

DataSplits load_cifar10_bin(const std::string& folder) { return load(folder, ".bin", add_bin); }
DataSplits load_cifar10_py(const std::string& folder) { return load(folder, "", add_pickle); }

}  // namespace lehr
