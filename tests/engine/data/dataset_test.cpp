// Dataset: counts, figures, hashes, checks and splits.
#include "engine/data/dataset.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "engine/data/arrays.h"
#include "engine/data/inspect.h"
#include "engine/data/natural_sort.h"
#include "engine/data/split.h"
#include "tests/check/data_error.h"

using namespace lehr;

namespace {

/// Row i has the single value i; labels as given.
Dataset numbered(std::vector<std::int32_t> labels) {
  const auto n = static_cast<std::int64_t>(labels.size());
  Dataset data{.x = Array({n, 1, 1, 1}, DType::u8), .y = Array::from<std::int32_t>({n}, labels), .name = "t"};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    data.x.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
    data.files.push_back("image_" + std::to_string(i) + ".png");
  }
  return data;
}

std::vector<std::int64_t> counted(std::int64_t n) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

}  // namespace

TEST_CASE("dataset: kinds of labels and what follows from them") {
  Dataset data = numbered({2, 0, 2, 2});
  CHECK(data.labels() == LabelKind::ids);
  CHECK(data.classes() == 3);
  CHECK(class_counts(data) == std::vector<std::int64_t>{1, 0, 3});
  CHECK(largest_class(data).id == 2);
  CHECK(largest_class(data).share == 0.75);
  data.class_names = {"a", "b", "c", "d"};
  CHECK(data.classes() == 4);
  CHECK(data.class_name(1) == "b");

  data.y = Array::from<float>({4, 2}, std::vector<float>{1, 0, 0, 1, 0, 1, 1, 0});
  CHECK(data.labels() == LabelKind::one_hot);
  CHECK(data.label_ids() == std::vector<std::int32_t>{0, 1, 1, 0});
  data.y.as<float>()[0] = 0.5F;
  CHECK(data.labels() == LabelKind::values);
  CHECK(data.classes() == 0);
  CHECK(mentions(data_error([&] { data.label_ids(); }), "numbers, not classes"));
}

TEST_CASE("dataset: statistics as the lecture prints them") {
  Dataset data{.x = Array::from<std::uint8_t>({2, 2}, std::vector<std::uint8_t>{0, 51, 102, 255})};
  const Statistics s = statistics(data);
  CHECK(s.min == 0);
  CHECK(s.max == 255);
  CHECK(s.mean == 102);
  CHECK(s.mean_255 == doctest::Approx(0.4));
  CHECK(s.bytes_u8 == 4);
  CHECK(s.bytes_f32 == 16);
  CHECK(s.bytes_f64 == 32);
}

TEST_CASE("dataset: the content hash changes with any bit of samples and labels, and with nothing else") {
  const Dataset data = numbered({0, 1, 2});
  Dataset other = data;
  other.name = "another name";
  CHECK(content_hash(data) == content_hash(other));
  other.x.as<std::uint8_t>()[1] ^= 1U;
  CHECK(content_hash(data) != content_hash(other));
  other = data;
  other.y.as<std::int32_t>()[2] = 1;
  CHECK(content_hash(data) != content_hash(other));
  other = data;
  other.x = other.x.reshaped({3, 1});
  CHECK(content_hash(data) != content_hash(other));
}

TEST_CASE("dataset: rows that do not exist, labels out of range, NaN and counts are refused") {
  const auto error = [](const Dataset& data) { return data_error([&] { check_dataset(data); }); };
  Dataset data = numbered({0, 1, 2});
  CHECK(error(data) == "(none)");
  CHECK_THROWS_AS(data.rows(1, 4), Error);
  data.y.as<std::int32_t>()[1] = -1;
  CHECK(mentions(error(data), "t, row 1 (image_1.png): its label is out of range"));
  data.y.as<std::int32_t>()[1] = 2;
  data.class_names = {"a", "b"};
  CHECK(mentions(error(data), "expected a class id of 0 to 1, got 2"));
  data = numbered({0, 1, 2});
  data.y = Array({4}, DType::i32);
  CHECK(mentions(error(data), "samples and labels differ in number; expected 3 labels, got 4"));
  data = {.x = Array({2, 3}, DType::f32), .y = Array({2}, DType::i32), .name = "floats"};
  data.x.as<float>()[4] = std::numeric_limits<float>::quiet_NaN();
  CHECK(mentions(error(data), "floats, row 1: the sample holds NaN at element 1"));
  data.x.as<float>()[4] = std::numeric_limits<float>::infinity();
  CHECK(mentions(error(data), "infinite"));
  data.x.as<float>()[4] = 0;
  data.y = Array({2, 1}, DType::f32);
  data.y.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(mentions(error(data), "the label holds NaN"));
  CHECK(mentions(error(Dataset{.x = Array({0, 3}, DType::f32)}), "holds no samples"));
}

TEST_CASE("arrays: types and shapes of labels and samples") {
  const auto from = [](Array x, const Array& y) { return dataset_from_arrays(std::move(x), y, "x.npy", "y.npy"); };
  CHECK(from(Array({4, 2}, DType::f64), Array({4, 1}, DType::i64)).y.shape() == Shape({4}));
  CHECK(from(Array({4, 2}, DType::f64), Array({4}, DType::u8)).labels() == LabelKind::ids);
  CHECK(from(Array({4, 2}, DType::f64), {}).x.dtype() == DType::f32);
  CHECK(from(Array({4}, DType::f32), {}).x.shape() == Shape({4, 1}));
  CHECK(from(Array({4, 2}, DType::f32), Array({4}, DType::f64)).y.shape() == Shape({4, 1}));
  CHECK(from(Array({4, 28, 28}, DType::u8), {}).x.shape() == Shape({4, 28, 28}));
  CHECK(mentions(data_error([&] { from(Array({4, 2}, DType::f32), Array({3}, DType::i32)); }),
                 "y.npy: labels and samples differ in number; expected 4 as x.npy has, got 3"));
  CHECK(mentions(data_error([&] { from(Array({4, 2}, DType::f32), Array({4, 2, 2}, DType::f32)); }),
                 "expected (n,) or (n, k), got (4, 2, 2)"));
  CHECK(mentions(data_error([&] { from(Array(Shape{}, DType::f32), {}); }), "samples of the wrong shape"));
  CHECK(mentions(data_error([&] { from(Array({1, 2}, DType::f32), Array::from<std::int64_t>({1}, std::vector<std::int64_t>{1LL << 40})); }),
                 "out of range"));
}

TEST_CASE("split: Keras takes the last rows") {
  // split_at = floor(n * (1 - fraction)).
  const SplitRows rows = split_rows(numbered(std::vector<std::int32_t>(10)), 0.3);
  CHECK(rows.train == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(rows.held_out == std::vector<std::int64_t>{7, 8, 9});
  CHECK(split_rows(numbered(std::vector<std::int32_t>(5)), 0.33).train.size() == 3);
  CHECK_THROWS_WITH(split_rows(numbered({1}), 0.5), doctest::Contains("--validation-split"));
  CHECK_THROWS_AS(split_rows(numbered({1, 2}), 1.5), Error);
  CHECK_THROWS_AS(split_rows(numbered({1, 2}), std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST_CASE("split: random and stratified take every row once, the same for the same seed") {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i < 80 ? 0 : i < 99 ? 1 : 2);
  const Dataset data = numbered(labels);
  for (const SplitMode mode : {SplitMode::random, SplitMode::stratified}) {
    const SplitRows rows = split_rows(data, 0.25, mode, 5);
    std::vector<std::int64_t> all = rows.train;
    all.insert(all.end(), rows.held_out.begin(), rows.held_out.end());
    std::sort(all.begin(), all.end());
    CHECK(all == counted(100));
    CHECK(split_rows(data, 0.25, mode, 5).held_out == rows.held_out);
    CHECK(split_rows(data, 0.25, mode, 6).held_out != rows.held_out);
    CHECK(rows.held_out != split_rows(data, 0.25).held_out);
  }
  const auto [train, held_out] = split(data, 0.25, SplitMode::stratified, 5);
  CHECK(class_counts(train) == std::vector<std::int64_t>{60, 14, 1});  // floor(80 * .75), floor(19 * .75), and a class of one row trains
  CHECK(held_out.files.size() == static_cast<std::size_t>(held_out.size()));
  CHECK(split_mode_from("stratified") == SplitMode::stratified);
  CHECK_THROWS_WITH(split_mode_from("first"), doctest::Contains("last, random or stratified"));
}

TEST_CASE("split_parts: 60, 20, 20 of every class") {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 50; ++i) labels.push_back(i % 5 == 0 ? 1 : 0);
  const DataSplits parts = split_parts(numbered(labels), 60, 20, 20, true, 1);
  CHECK(class_counts(*parts.train) == std::vector<std::int64_t>{24, 6});
  CHECK(class_counts(*parts.validation) == std::vector<std::int64_t>{8, 2});
  CHECK(class_counts(*parts.test) == std::vector<std::int64_t>{8, 2});
  CHECK(parts.train->label_ids() != std::vector<std::int32_t>(30, 0));
  CHECK_FALSE(std::is_sorted(parts.train->y.as<std::int32_t>().begin(), parts.train->y.as<std::int32_t>().end()));
  CHECK_FALSE(split_parts(numbered(labels), 80, 0, 20, false, 1).validation);
}

TEST_CASE("permutation: every position is equally likely") {
  // 6 elements, 6,000 permutations: each element stands first about 1,000 times (standard deviation 29).
  std::vector<int> first(6);
  for (std::uint64_t step = 0; step < 6000; ++step) ++first[static_cast<std::size_t>(permutation(6, 1, 2, step)[0])];
  for (const int count : first) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("natural_sort: numbers count as numbers") {
  std::vector<std::string> names{"image_10.jpg", "image_9.jpg", "image_1.jpg", "b2",      "a",          "image_010.jpg", "1",
                                 "10x",          "2",           "image_.jpg",  "image_1", "Image_3.jpg"};
  natural_sort(names);
  CHECK(names == std::vector<std::string>{"1", "2", "10x", "Image_3.jpg", "a", "b2", "image_1", "image_1.jpg", "image_9.jpg",
                                          "image_010.jpg", "image_10.jpg", "image_.jpg"});
  CHECK(natural_less("a99999999999999999999", "a100000000000000000000"));
}

TEST_CASE("inspect: parts, first and last row, duplicates across parts") {
  DataSplits data{.train = numbered({0, 1, 1}), .test = numbered({1, 1})};
  data.test->x.as<std::uint8_t>()[1] = 77;  // row 0 of Test has the pixels of row 0 of Train, under another label
  data.train->class_names = data.test->class_names = {"cat", "dog"};
  data.test->sample_weights = Array::from<float>({2}, std::vector<float>{0.5F, 2});
  const DataReport report = inspect(data);
  CHECK_FALSE(report.parts[0].sample_weights);
  REQUIRE(report.parts[1].sample_weights);
  CHECK(report.parts[1].sample_weights->mean == 1.25);
  CHECK(report.parts[1].sample_weights->max == 2);
  REQUIRE(report.parts.size() == 2);
  CHECK(report.parts[0].x_shape == Shape({3, 1, 1, 1}));
  CHECK(report.parts[0].last.file == "image_2.png");
  CHECK(report.parts[0].last.name == "dog");
  CHECK(report.parts[0].class_counts == std::vector<std::int64_t>{1, 2});
  REQUIRE(report.duplicates.size() == 1);
  CHECK(report.across_parts == 1);
  CHECK(report.duplicates[0].part_a == "Train");
  CHECK(report.duplicates[0].file_b == "image_0.png");
  CHECK_FALSE(report.duplicates[0].same_label);
}
