// Tables: RFC 4180, and from cells to numbers.
#include "engine/data/csv.h"

#include <doctest/doctest.h>

#include "engine/data/table.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {
const char* const table =
    "age,city,weight,class\n"
    "1,Bonn,10,yes\n"
    "2,Kiel,,no\n"
    "3,Bonn,30,yes\n"
    "6,?,50,no\n";

Dataset features(const CsvData& spec) {
  const Dataset data = load_csv(spec);
  return fit_table(data).apply(data);
}
}  // namespace

TEST_CASE("csv: quotes, separators, line ends") {
  CHECK(parse_csv("\xef\xbb\xbf"
                  "a,b\r\n\"x, \"\"y\"\"\nz\",2\n",
                  "t") == std::vector<CsvRow>{{"a", "b"}, {"x, \"y\"\nz", "2"}});
  CHECK(parse_csv("1;2\n3;4", "t", ';') == std::vector<CsvRow>{{"1", "2"}, {"3", "4"}});
  CHECK(parse_csv("a,\n", "t") == std::vector<CsvRow>{{"a", ""}});
  CHECK(parse_csv("", "t").empty());
  CHECK(mentions(data_error([] { parse_csv("a\nb,\"c\n", "t.csv"); }), "t.csv, line 2: a quote is never closed"));
}

TEST_CASE("csv data: words become columns, gaps the median, numbers are scaled") {
  const TemporaryFolder folder;
  const std::string file = folder.write("t.csv", table);
  const Dataset data = features({.file = file, .scale = "none"});
  CHECK(data.x.shape() == Shape({4, 4}));
  const std::vector<float> expected{1, 1, 0, 10, 2, 0, 1, 30, 3, 1, 0, 30, 6, 1, 0, 50};
  CHECK(std::equal(expected.begin(), expected.end(), data.x.as<float>().begin()));
  CHECK(data.class_names == std::vector<std::string>{"no", "yes"});
  CHECK(data.label_ids() == std::vector<std::int32_t>{1, 0, 1, 0});

  // age: mean 3, variance (4 + 1 + 0 + 9) / 4
  const auto scaled = features({.file = file}).x;
  CHECK(scaled.as<float>()[0] == doctest::Approx(-2 / 1.870829));
  CHECK(features({.file = file, .scale = "minmax"}).x.as<float>()[4] == doctest::Approx(0.2));
  CHECK(features({.file = file, .scale = "robust"}).x.as<float>()[0] == doctest::Approx((1 - 2.5) / (3.75 - 1.75)));
  CHECK(features({.file = file, .missing = "mean", .scale = "none"}).x.as<float>()[7] == 30);
  CHECK(features({.file = file, .missing = "most_frequent", .scale = "none"}).x.as<float>()[7] == 10);
  CHECK(features({.file = file, .missing = "drop"}).x.rows() == 2);
  const auto ordinal = features({.file = file, .encode = "ordinal", .scale = "none"}).x;
  CHECK(ordinal.shape() == Shape({4, 3}));
  CHECK(ordinal.as<float>()[4] == 1);
}

TEST_CASE("csv data: the label's column decides what it is") {
  const TemporaryFolder folder;
  const std::string file = folder.write("t.csv", "a,b,c\n1,5,0.5\n2,7,1.5\n3,5,2\n");
  CHECK(load_csv({.file = file}).labels() == LabelKind::values);
  const Dataset whole = load_csv({.file = file, .label = "b"});
  CHECK(whole.labels() == LabelKind::ids);
  CHECK(whole.class_names == std::vector<std::string>{"5", "7"});
  CHECK(load_csv({.file = file, .label = "0"}).classes() == 3);
}

TEST_CASE("csv data: what is wrong is named") {
  const TemporaryFolder folder;
  const std::string file = folder.write("t.csv", table);
  CHECK(mentions(data_error([&] { load_csv({.file = file, .label = "price"}); }),
                 "has no column 'price'; expected age, city, weight, class"));
  CHECK(mentions(data_error([&] { load_csv({.file = file, .missing = "error"}); }), "t.csv, line 5: the cell of column 'city' is empty"));
  CHECK_THROWS_WITH(load_csv({.file = file, .scale = "log"}), doctest::Contains("standard, minmax, robust, none"));
  CHECK(mentions(data_error([&] { load_csv({.file = folder.write("r.csv", "a,b\n1\n")}); }), "line 2: has another number of cells"));
  CHECK(mentions(data_error([&] { load_csv({.file = folder.write("e.csv", "a,b\n")}); }), "holds no rows"));
  CHECK(mentions(data_error([&] { load_csv({.file = folder.write("o.csv", "a\n1\n")}); }), "has one column"));
}
