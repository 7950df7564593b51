// Folders and zips of images in every layout, and what is said about those that fit none.
#include "engine/data/image_folder.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/data/digits.h"
#include "engine/data/image_write.h"
#include "engine/data/zip.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

/// A 4x6 picture of one brightness.
std::string png(int level, int height = 4, int width = 6) {
  Image image{.height = height, .width = width, .channels = 3};
  image.pixels.assign(static_cast<std::size_t>(height * width * 3), static_cast<std::uint8_t>(level));
  const auto bytes = encode_png(image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The lecture's layout: 12 training images, so that image_10 must come after image_9.
void write_lecture(const TemporaryFolder& folder) {
  std::string labels;
  for (int i = 0; i < 12; ++i) {
    folder.write("Train/image_" + std::to_string(i) + ".png", png(i * 10));
    labels += std::to_string(i % 3) + "\n";
  }
  folder.write("train_labels.csv", labels);
  folder.write("Test/image_0.png", png(200));
  folder.write("test_labels.csv", "2\r\n");
  folder.write("name_list.csv", "0,Ada\n1,Bela\n2,\"Carla, the third\"\n");
}

std::string error_of(const TemporaryFolder& folder, const LoadOptions& options = {}) {
  return data_error([&] { load_folder(folder.path(), options); });
}

}  // namespace

TEST_CASE("image folder: the lecture's layout, in natural order") {
  const TemporaryFolder folder;
  write_lecture(folder);
  std::vector<std::int64_t> done;
  const DataSplits data = load_folder(folder.path(), {.progress = [&](std::int64_t at, std::int64_t total) {
                                        CHECK(total == 13);
                                        done.push_back(at);
                                      }});
  REQUIRE(data.train);
  CHECK_FALSE(data.validation);
  CHECK(data.train->x.shape() == Shape({12, 4, 6, 3}));
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(data.train->x.as<std::uint8_t>()[i * 72] == i * 10);
    CHECK(data.train->y.as<std::int32_t>()[i] == static_cast<int>(i % 3));
  }
  CHECK(data.train->files.at(10) == "Train/image_10.png");
  CHECK(data.train->class_names == std::vector<std::string>{"Ada", "Bela", "Carla, the third"});
  CHECK(data.test->y.as<std::int32_t>()[0] == 2);
  CHECK(done.back() == 13);
}

TEST_CASE("image folder: size and color") {
  const TemporaryFolder folder;
  write_lecture(folder);
  const DataSplits data =
      load_folder(folder.path(), {.image_size = ImageSize{2, 3}, .resize = Resize::bilinear, .color = ColorMode::gray, .threads = 1});
  CHECK(data.train->x.shape() == Shape({12, 2, 3, 1}));
  CHECK(data.train->x.as<std::uint8_t>()[6 * 11] == 110);
  CHECK(data.source.find("resized to 2x3 (bilinear)") != std::string::npos);
}

TEST_CASE("image folder: a folder for each class, with and without parts, in a folder and in a zip") {
  const TemporaryFolder folder;
  folder.write("set/train/zebra/a10.png", png(1));
  folder.write("set/train/zebra/a9.png", png(2));
  folder.write("set/train/ant/x.png", png(3));
  folder.write("set/val/ant/y.png", png(4));
  folder.write("set/.DS_Store", "x");
  const DataSplits data = load_folder(folder / "set", {});
  CHECK(data.train->class_names == std::vector<std::string>{"ant", "zebra"});
  CHECK(data.train->files == std::vector<std::string>{"train/ant/x.png", "train/zebra/a9.png", "train/zebra/a10.png"});
  CHECK(data.train->label_ids() == std::vector<std::int32_t>{0, 1, 1});
  CHECK(data.validation->size() == 1);
  CHECK_FALSE(data.test);

  const DataSplits flat = load_folder(folder / "set/train", {});
  CHECK(flat.train->size() == 3);
  CHECK_FALSE(flat.validation);

  const std::string seven = png(7);
  ZipWriter zip(folder / "set.zip");
  for (const char* name :
       {"top/train/zebra/a10.png", "top/train/zebra/a9.png", "top/train/ant/x.png", "top/val/ant/y.png", "__MACOSX/._x.png"})
    zip.add(name, std::as_bytes(std::span(seven)), true);
  zip.finish();
  const DataSplits zipped = load_zip(folder / "set.zip", {});
  CHECK(zipped.train->files == data.train->files);
  CHECK(zipped.train->x.as<std::uint8_t>()[0] == 7);
}

TEST_CASE("image folder: a part that exceeds the memory is read row by row") {
  const TemporaryFolder folder;
  write_lecture(folder);
  const DataSplits data = load_folder(folder.path(), {.memory = 500});
  REQUIRE(data.train->streamed);
  CHECK(data.train->x.empty());
  CHECK(data.train->size() == 12);
  CHECK(data.train->sample_shape() == Shape({4, 6, 3}));
  std::vector<std::byte> row(72);
  const std::vector<std::int64_t> picked{11, 3};
  data.train->take(picked).streamed->read(1, row);
  CHECK(row[0] == std::byte{30});
  CHECK(statistics(*data.train).max == 110);
  CHECK_FALSE(data.test->streamed);
}

TEST_CASE("image folder: what is wrong is named") {
  {
    const TemporaryFolder folder;
    CHECK(mentions(error_of(folder), folder.path() + ": is empty"));
    CHECK(mentions(data_error([&] { load_folder(folder / "gone", {}); }), "gone: no such folder"));
    folder.write("file", "x");
    CHECK(mentions(data_error([&] { load_folder(folder / "file", {}); }), "is not a folder"));
    CHECK(mentions(error_of(folder), "holds no images"));
    folder.write("image_0.png", png(0));
    CHECK(mentions(error_of(folder), "lie in no class folder and have no labels"));
  }
  {
    const TemporaryFolder folder;
    write_lecture(folder);
    folder.write("train_labels.csv", "0\n1\n2\n");
    CHECK(mentions(error_of(folder),
                   "train_labels.csv: labels and images differ in number; expected 12 labels, one for each image of Train, got 3"));
    folder.write("train_labels.csv", "0\n1\n2\n0\n1\n2\n0\n1\n2\n0\n1\n3\n");
    CHECK(
        mentions(error_of(folder), "train_labels.csv, line 12: the label is out of range; expected 0 to 2, as name_list.csv says, got 3"));
    folder.write("train_labels.csv", "0\n-1\n2\n0\n1\n2\n0\n1\n2\n0\n1\n2\n");
    CHECK(mentions(error_of(folder), "line 2: the label is out of range"));
    folder.write("train_labels.csv", "0\nBela\n");
    CHECK(mentions(error_of(folder), "line 2: is not a class id; expected one whole number a line, got 'Bela'"));
    std::filesystem::remove(folder / "train_labels.csv");
    CHECK(mentions(error_of(folder), "train_labels.csv: no such file"));
  }
  {
    const TemporaryFolder folder;
    write_lecture(folder);
    folder.write("Train/image_7.png", png(1, 5, 6));
    folder.write("Train/image_9.png", "a text");
    // The first of two bad files, whatever thread meets it first.
    CHECK(mentions(error_of(folder), "image_7.png: the images differ in size; expected 4x6 as in"));
    CHECK(mentions(error_of(folder, {.image_size = ImageSize{4, 6}}), "image_9.png: is not a JPEG"));
    folder.write("Train/image_12.webp", "x");
    CHECK(mentions(error_of(folder), "image_12.webp: is an image of a kind that is not read"));
  }
  {
    const TemporaryFolder folder;
    folder.write("Test/image_0.png", png(1));
    CHECK(mentions(error_of(folder), "has no Train part"));
    folder.write("train/a/1.png", png(1));
    folder.write("val/b/1.png", png(1));
    std::filesystem::remove_all(folder / "Test");
    CHECK(mentions(error_of(folder), "Validation has a class that Train lacks; got 'b'"));
  }
}

TEST_CASE("write_folder: what is written is read back") {
  const TemporaryFolder folder;
  DataSplits digits = load_digits();
  digits.train = digits.train->rows(0, 12);
  digits.test = digits.test->rows(0, 3);
  digits.validation.reset();
  digits.train->class_names[3] = "three, a \"prime\"";
  write_folder(digits, folder / "out");
  const DataSplits back = load_folder(folder / "out", {.color = ColorMode::gray});
  CHECK(content_hash(*back.train) == content_hash(*digits.train));
  CHECK(content_hash(*back.test) == content_hash(*digits.test));
  CHECK(back.train->class_names == digits.train->class_names);
  CHECK(mentions(data_error([&] { write_folder(digits, folder / "out"); }), "is there already"));
  CHECK(mentions(data_error([&] { write_folder(digits, "/proc/nowhere/out"); }), "cannot be made"));
  write_folder(digits, folder / "jpeg", ImageFormat::jpeg);
  CHECK(load_folder(folder / "jpeg", {}).train->x.shape() == Shape({12, 8, 8, 3}));
}

TEST_CASE("load_images: one file or a folder, without labels") {
  const TemporaryFolder folder;
  folder.write("image_10.png", png(10));
  folder.write("image_9.png", png(9));
  const Dataset all = load_images(folder.path(), {});
  CHECK(all.files == std::vector<std::string>{"image_9.png", "image_10.png"});
  CHECK(all.labels() == LabelKind::none);
  CHECK(load_images(folder / "image_10.png", {}).x.as<std::uint8_t>()[0] == 10);
  CHECK(mentions(data_error([&] { load_images(folder / "image_11.png", {}); }), "image_11.png: cannot be opened"));
}
