// Real sets, where LEHR_DATA names a folder that has them; the figures are NumPy's and PIL's.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/data/data_catalogue.h"
#include "engine/data/inspect.h"
#include "engine/data/load.h"

using namespace lehr;

namespace {
std::string real(const std::string& name) {
  const char* root = std::getenv("LEHR_DATA");
  std::string path = root == nullptr ? "" : (std::filesystem::path(root) / name).string();
  if (!path.empty() && std::filesystem::exists(path)) return path;
  MESSAGE("skipped: LEHR_DATA has no " << name);
  return {};
}
}  // namespace

TEST_CASE("real data: fashion_mnist") {
  if (real("fashion-mnist").empty()) return;
  const DataSplits data = load_data(FashionMnist{});
  CHECK(data.train->x.shape() == Shape({60000, 28, 28, 1}));
  CHECK(data.test->x.shape() == Shape({10000, 28, 28, 1}));
  CHECK(class_counts(*data.train) == std::vector<std::int64_t>(10, 6000));
  CHECK(statistics(*data.train).mean == doctest::Approx(72.94035223214286).epsilon(1e-12));
}

TEST_CASE("real data: lfw62 as PIL reads it") {
  const std::string path = real("lfw62");
  if (path.empty()) return;
  const DataSplits data = load_data(DataPath{.path = path}, {.image_size = ImageSize{100, 100}});
  CHECK(data.train->x.shape() == Shape({1819, 100, 100, 3}));
  CHECK(data.test->size() == 602);
  CHECK(data.train->class_names.at(14) == "George_W_Bush");
  CHECK(largest_class(*data.test).count == 106);
  // PIL: mean of all training pixels after resize((100, 100), NEAREST)
  CHECK(statistics(*data.train).mean == doctest::Approx(115.119562928).epsilon(0.0005));
  CHECK(inspect(data).across_parts == 0);
}

TEST_CASE("real data: cifar10 from a zip of class folders") {
  if (real("cifar10").empty()) return;
  const DataSplits data = load_data(Cifar10{});
  CHECK(data.train->x.shape() == Shape({50000, 32, 32, 3}));
  CHECK(class_counts(*data.test) == std::vector<std::int64_t>(10, 1000));
  CHECK(data.train->class_name(0) == "airplane");
}
