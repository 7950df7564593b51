// Suspects: planted copies, blanks, broken files and wrong labels are found, and what is clean is left alone.
#include "tune/suspects.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "engine/atomic_file.h"
#include "engine/data/exclusion.h"
#include "engine/data/faces.h"
#include "engine/data/image_folder.h"
#include "engine/data/image_write.h"
#include "engine/data/resize.h"
#include "engine/json.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::vector<std::string> named(const std::vector<Suspect>& all, SuspectKind kind) {
  std::vector<std::string> out;
  for (const auto& s : all)
    if (s.kind == kind) out.push_back(s.name);
  std::sort(out.begin(), out.end());
  return out;
}

Image image_at(const std::string& file) { return read_image(file, ColorMode::rgb); }

void write_image(const std::string& file, std::span<const std::byte> bytes) {
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("suspects: labels that cleanlab doubts are doubted, in its order") {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/sklearn/label_issues.json";
  const JsonValue golden = JsonValue::parse(read_file(file), file);
  std::vector<std::int32_t> labels;
  for (const auto& id : golden.at("labels").elements()) labels.push_back(static_cast<std::int32_t>(id.integer()));
  Array p({static_cast<std::int64_t>(labels.size()), 4}, DType::f32);
  std::size_t i = 0;
  for (const auto& row : golden.at("probabilities").elements())
    for (const auto& value : row.elements()) p.as<float>()[i++] = static_cast<float>(value.number());
  std::vector<std::int64_t> expected;
  for (const auto& row : golden.at("issues").elements()) expected.push_back(row.integer());
  REQUIRE(expected.size() > 10);
  CHECK(label_issues(p, labels) == expected);
}

TEST_CASE("suspects: a recompressed, a brighter, a scaled and an equal copy, a blank and a broken file, and nobody else") {
  const TemporaryFolder folder;
  const std::string root = folder / "set";
  write_folder(make_faces(Faces{.people = 5, .per_person = 10, .size = 48}), root);
  const auto at = [&](const std::string& name) { return root + "/" + name; };
  const Image first = image_at(at("Train/image_1.png")), second = image_at(at("Train/image_7.png")),
              third = image_at(at("Test/image_1.png"));
  const Image fourth = image_at(at("Train/image_12.png"));
  // Over samples that are there: labels and counts stay as they are.
  write_image(at("Train/image_20.png"), encode_jpeg(first, 60));
  Image brighter = second;
  for (auto& v : brighter.pixels) v = static_cast<std::uint8_t>(std::min(255, v + 6));
  write_image(at("Train/image_21.png"), encode_png(brighter));
  write_image(at("Train/image_22.png"), encode_png(third));  // what is tested on stays
  write_image(at("Train/image_23.png"), encode_png(resize(resize(fourth, {.height = 36, .width = 36}, Resize::bilinear),
                                                          {.height = 48, .width = 48}, Resize::bilinear)));
  Image blank = first;
  std::fill(blank.pixels.begin(), blank.pixels.end(), std::uint8_t{127});
  blank.pixels[5] = 131;
  write_image(at("Test/image_3.png"), encode_png(blank));
  folder.write("set/Train/image_9.png", "this is no picture");

  const DataSplits data = load_folder(root, {.image_size = ImageSize{48, 48}, .memory = 1});
  const auto suspects = find_suspects(data, nullptr);
  CHECK(named(suspects, SuspectKind::broken) == std::vector<std::string>{"Train/image_9.png"});
  CHECK(named(suspects, SuspectKind::blank) == std::vector<std::string>{"Test/image_3.png"});
  CHECK(named(suspects, SuspectKind::duplicate) ==
        std::vector<std::string>{"Train/image_20.png", "Train/image_21.png", "Train/image_22.png", "Train/image_23.png"});
  CHECK(suspects.size() == 6);

  // The list leaves them out, the broken one without opening it.
  const std::string list = folder.write("suspects.txt", exclusion_list(suspects));
  const auto exclusion = std::make_shared<Exclusion>(Exclusion::read(list));
  const DataSplits clean = load_folder(root, {.exclude = exclusion});
  CHECK(clean.train->size() == data.train->size() - 5);
  CHECK(clean.test->size() == data.test->size() - 1);
  CHECK(std::ranges::find(clean.train->files, "Train/image_9.png") == clean.train->files.end());
  CHECK(exclusion->met() == 6);
  CHECK(exclusion->unmet().empty());
  CHECK(find_suspects(clean, nullptr).empty());
}

TEST_CASE("suspects: excluded files keep the others with their own labels") {
  const TemporaryFolder folder;
  write_folder(make_faces(Faces{.people = 3, .per_person = 10, .size = 16}), folder / "set");
  const DataSplits all = load_folder(folder / "set", {});
  const auto list = std::make_shared<Exclusion>(std::vector<std::string>{"Train/image_0.png", "Train/image_5.png", "Train/image_999.png"});
  const DataSplits some = load_folder(folder / "set", {.exclude = list});
  const auto ids = all.train->label_ids(), left = some.train->label_ids();
  std::size_t k = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == 0 || i == 5) continue;
    CHECK(left[k] == ids[i]);
    CHECK(some.train->files[k] == all.train->files[i]);
    ++k;
  }
  CHECK(k == left.size());
  CHECK(list->unmet() == std::vector<std::string>{"Train/image_999.png"});
}

TEST_CASE("suspects: rows of arrays are named by part and number; a list without names is refused") {
  const TemporaryFolder folder;
  DataSplits data;
  data.train = Dataset{.x = Array({4, 2}, DType::f32), .y = Array({4}, DType::i32)};
  for (int i = 0; i < 4; ++i) data.train->y.as<std::int32_t>()[static_cast<std::size_t>(i)] = i;
  data.test = data.train;
  Exclusion list = Exclusion::read(folder.write("list", "# for people\n Train:1 \tlabel: doubtful\r\nTrain:3\nTest:9\n\n"));
  list.apply(data);
  CHECK(data.train->label_ids() == std::vector<std::int32_t>{0, 2});
  CHECK(data.test->size() == 4);
  CHECK(list.met() == 2);
  CHECK(list.unmet() == std::vector<std::string>{"Test:9"});
  CHECK_THROWS_AS(Exclusion::read(folder.write("none", "# nothing\n")), Error);
  CHECK_THROWS_AS(Exclusion::read(folder / "nowhere"), Error);
  Exclusion everything({"Train:0", "Train:1"});
  everything.apply(data);
  CHECK_FALSE(data.train);
}
