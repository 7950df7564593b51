// make_lfw62 from a small archive made here.
#include "engine/data/lfw.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <set>
#include <sstream>

#include "engine/atomic_file.h"
#include "engine/data/image_folder.h"
#include "engine/data/image_write.h"
#include "engine/data/tar.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::string tar_entry(const std::string& name, const std::string& bytes, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char size[13];
  std::snprintf(size, sizeof size, "%011lo", static_cast<unsigned long>(bytes.size()));
  header.replace(124, 11, size);
  header[156] = type;
  header.replace(257, 5, "ustar");
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 7, std::string(text, 7));
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string jpeg(int level) {
  Image image{.height = 20, .width = 20, .channels = 3};
  image.pixels.assign(1200, static_cast<std::uint8_t>(level));
  const auto bytes = encode_jpeg(image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string archive() {
  std::string tar = tar_entry("lfw/", "", '5');
  const struct {
    const char* name;
    int images;
  } people[] = {{"Ann_Bee", 20}, {"Cee_Dee", 3}, {"Eve_Eff", 25}};
  for (const auto& [name, images] : people)
    for (int i = 1; i <= images; ++i) {
      char file[80];
      std::snprintf(file, sizeof file, "lfw/%s/%s_%04d.jpg", name, name, i);
      tar += tar_entry(file, jpeg(i * 8));
    }
  return tar + std::string(1024, '\0');
}

}  // namespace

TEST_CASE("make_lfw62: people with enough images, split within each person, in the lecture's layout") {
  const TemporaryFolder folder;
  folder.write("lfw.tar", archive());
  const LfwSummary made = make_lfw62(folder / "lfw.tar", folder / "out");
  CHECK(made.people == 2);
  CHECK(made.train == 12 + 15);
  CHECK(made.validation == 4 + 5);
  CHECK(made.test == 4 + 5);
  const DataSplits data = load_folder(folder / "out", {});
  CHECK(data.train->class_names == std::vector<std::string>{"Ann_Bee", "Eve_Eff"});
  CHECK(class_counts(*data.train) == std::vector<std::int64_t>{12, 15});
  CHECK(class_counts(*data.test) == std::vector<std::int64_t>{4, 5});
  // Every photo is used once, and its label is its person.
  std::set<std::string> sources;
  for (const char* part : {"train", "val", "test"}) {
    std::istringstream lines(read_file(folder / "out/" + part + "_sources.csv"));
    for (std::string line; std::getline(lines, line);) CHECK(sources.insert(line.substr(line.find(',') + 1)).second);
  }
  CHECK(sources.size() == 45);

  make_lfw62(folder / "lfw.tar", folder / "cropped", {.crop = 14});
  CHECK(load_folder(folder / "cropped", {}).train->sample_shape() == Shape({14, 14, 3}));
  make_lfw62(folder / "lfw.tar", folder / "again");
  CHECK(read_file(folder / "again/train_sources.csv") == read_file(folder / "out/train_sources.csv"));
  make_lfw62(folder / "lfw.tar", folder / "seeded", {.seed = 1});
  CHECK(read_file(folder / "seeded/train_sources.csv") != read_file(folder / "out/train_sources.csv"));
  CHECK(mentions(data_error([&] { make_lfw62(folder / "lfw.tar", folder / "out"); }), "is there already"));
}

TEST_CASE("make_lfw62: what is no such archive") {
  const TemporaryFolder folder;
  CHECK(mentions(data_error([&] { make_lfw62(folder / "gone.tgz", folder / "o"); }), "gone.tgz: cannot be opened"));
  CHECK(mentions(data_error([&] { make_lfw62(folder.write("a.tgz", std::string(2000, 'x')), folder / "o"); }), "is no tar archive"));
  CHECK(mentions(data_error([&] { make_lfw62(folder.write("b.tgz", tar_entry("lfw/A/A_1.jpg", "x")), folder / "o"); }),
                 "no person with enough images"));
  const std::string whole = archive();
  CHECK(mentions(data_error([&] { make_lfw62(folder.write("c.tgz", whole.substr(0, whole.size() - 3000)), folder / "o"); }),
                 "ends too early"));
  survive_damage(tar_entry("lfw/A/A_1.jpg", "picture"), [](const std::string& bytes) { list_tar(std::as_bytes(std::span(bytes)), "t"); });
}
