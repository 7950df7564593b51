// digits and faces: what is in them, and that they are the same everywhere.
#include <doctest/doctest.h>

#include <numeric>

#include "engine/data/digits.h"
#include "engine/data/faces.h"
#include "engine/data/inspect.h"
#include "kernels/error.h"

using namespace lehr;

TEST_CASE("digits: 1,797 images as scikit-learn has them") {
  const DataSplits data = load_digits();
  CHECK(data.train->size() + data.validation->size() + data.test->size() == 1797);
  // scikit-learn: load_digits().data[0].sum() == 294, .data.sum() == 561718, target[:5] == 0 1 2 3 4, target[-3:] == 8 9 8
  const auto first = data.train->rows(0, 1);
  int sum = 0;
  for (const std::uint8_t pixel : first.x.as<std::uint8_t>()) sum += (int{pixel} * 16 + 127) / 255;
  CHECK(sum == 294);
  long all = 0;
  for (const auto* part : {&*data.train, &*data.validation, &*data.test})
    for (const std::uint8_t pixel : part->x.as<std::uint8_t>()) all += (int{pixel} * 16 + 127) / 255;
  CHECK(all == 561718);
  CHECK(data.train->rows(0, 5).label_ids() == std::vector<std::int32_t>{0, 1, 2, 3, 4});
  CHECK(data.test->rows(294, 297).label_ids() == std::vector<std::int32_t>{8, 9, 8});
  CHECK(statistics(*data.train).max == 255);
  for (const auto* part : {&*data.train, &*data.validation, &*data.test}) CHECK(largest_class(*part).share < 0.12);
}

TEST_CASE("faces: class sizes as unequal as LFW's, every person in every part") {
  const DataSplits data = make_faces({.people = 62, .per_person = 49, .size = 8});
  CHECK(data.train->classes() == 62);
  CHECK(largest_class(*data.test).share == doctest::Approx(0.176).epsilon(0.05));
  for (const auto* part : {&*data.train, &*data.validation, &*data.test})
    for (const std::int64_t count : class_counts(*part)) CHECK(count >= 3);
  const auto total = data.train->size() + data.validation->size() + data.test->size();
  CHECK(static_cast<double>(total) == doctest::Approx(62 * 49).epsilon(0.02));
  CHECK(static_cast<double>(data.train->size()) / static_cast<double>(total) == doctest::Approx(0.6).epsilon(0.01));
}

TEST_CASE("faces: the same spec gives the same pictures, another seed others, and no picture comes twice") {
  const Faces spec{.people = 5, .per_person = 12, .size = 24};
  const DataSplits a = make_faces(spec), b = make_faces(spec), c = make_faces({.people = 5, .per_person = 12, .size = 24, .seed = 1});
  CHECK(content_hash(*a.train) == content_hash(*b.train));
  CHECK(content_hash(*a.test) == content_hash(*b.test));
  CHECK(content_hash(*a.train) != content_hash(*c.train));
  CHECK(inspect(a).duplicate_count == 0);
  CHECK(a.train->x.shape().without_batch() == Shape({24, 24, 3}));
  const Statistics figures = statistics(*a.train);
  CHECK(figures.min < 20);
  CHECK(figures.max > 235);
  CHECK(figures.mean > 70);
  CHECK(figures.mean < 160);
}

TEST_CASE("faces: impossible numbers are refused") {
  CHECK_THROWS_WITH(make_faces({.people = 1}), doctest::Contains("faces(people=1): out of range; expected 2 to 1000"));
  CHECK_THROWS_AS(make_faces({.size = 4}), Error);
  CHECK_THROWS_AS(make_faces({.per_person = 0}), Error);
}
