// A table's cells as features: what is learned from some rows and applied to others, also of another file.
#include "engine/data/table.h"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/data/csv.h"
#include "engine/json.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"

using namespace lehr;

namespace {

std::vector<std::int64_t> rows_of(const JsonValue& json) {
  std::vector<std::int64_t> out;
  for (const auto& row : json.elements()) out.push_back(row.integer());
  return out;
}

/// The largest difference, relative to 1 or to the number itself.
double distance(const Array& x, const JsonValue& expected) {
  double worst = 0;
  std::size_t i = 0;
  REQUIRE(x.rows() == static_cast<std::int64_t>(expected.size()));
  for (const auto& row : expected.elements()) {
    REQUIRE(x.row_elements() == static_cast<std::int64_t>(row.size()));
    for (const auto& value : row.elements())
      worst = std::max(worst, std::abs(x.as<float>()[i++] - value.number()) / std::max(1.0, std::abs(value.number())));
  }
  return worst;
}

const char* const cities =
    "age,city,class\n"
    "1,Bonn,yes\n"
    ",Kiel,no\n"
    "3,,yes\n";

}  // namespace

TEST_CASE("tables: each fold's training part alone says what a cell becomes, as scikit-learn's pipelines") {
  const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/sklearn/";
  const JsonValue golden = JsonValue::parse(read_file(folder + "table.json"), "table.json");
  for (const auto& one : golden.at("cases").elements()) {
    const CsvData spec{.file = folder + "table.csv",
                       .encode = one.at("encode").string(),
                       .missing = one.at("missing").string(),
                       .scale = one.at("scale").string()};
    CAPTURE(spec.encode + " " + spec.missing + " " + spec.scale);
    const Dataset data = load_csv(spec);
    for (const auto& fold : one.at("folds").elements()) {
      const Dataset train = data.take(rows_of(fold.at("rows").at(0))), test = data.take(rows_of(fold.at("rows").at(1)));
      const TableEncoder encoder = TableEncoder::parse(fit_table(train).json(), "table.json");  // as a run keeps it
      CHECK(distance(encoder.apply(train).x, fold.at("train")) < 1e-7);                         // float32's own rounding
      CHECK(distance(encoder.apply(test).x, fold.at("test")) < 1e-7);
    }
  }
}

TEST_CASE("tables: of another file, columns are found by name, words and classes by what they say") {
  const TemporaryFolder folder;
  const Dataset train = load_csv({.file = folder.write("a.csv", cities), .scale = "none"});
  const TableEncoder encoder = fit_table(train);
  const Dataset other =
      encoder.apply(load_csv({.file = folder.write("b.csv", "class,city,note,age\nyes,Ulm,x,5\nyes,Kiel,y,\n"), .label = "class"}));
  const std::vector<float> expected{5, 0, 0, 2, 0, 1};  // Ulm is no city that was learned; an empty age is the median of 1 and 3
  REQUIRE(other.x.count() == expected.size());
  CHECK(std::equal(expected.begin(), expected.end(), other.x.as<float>().begin()));
  CHECK(other.label_ids() == std::vector<std::int32_t>{1, 1});  // the only class there, the second one here
  CHECK(other.class_names == train.class_names);

  const Dataset questions = encoder.apply(load_csv_inputs(folder.write("q.csv", "city,age\nBonn,2\n")));
  CHECK(questions.labels() == LabelKind::none);
  CHECK(questions.x.as<float>()[1] == 1);
}

TEST_CASE("tables: a label of numbers stays one where a shorter file looks like classes") {
  const TemporaryFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 30; ++i) text += std::to_string(i % 7) + "," + std::to_string(i) + "\n";
  const TableEncoder encoder = fit_table(load_csv({.file = folder.write("a.csv", text)}));
  const Dataset few = encoder.apply(load_csv({.file = folder.write("b.csv", "a,b\n1,5\n2,12\n")}));
  REQUIRE(few.labels() == LabelKind::values);
  CHECK(few.y.as<float>()[1] == 12);
}

TEST_CASE("tables: what does not fit is named") {
  const TemporaryFolder folder;
  const TableEncoder encoder = fit_table(load_csv({.file = folder.write("a.csv", cities)}));
  const auto error = [&](const char* text) {
    return data_error([&] { encoder.apply(load_csv({.file = folder.write("b.csv", text), .label = "class"})); });
  };
  CHECK(mentions(error("city,class\nBonn,no\n"), "has no column 'age'"));
  CHECK(mentions(error("age,city,class\nold,Bonn,no\n"), "column 'age' holds words"));
  CHECK(mentions(error("age,city,class\n1,Bonn,maybe\n"), "label 'maybe' is none that the model has learned"));
  const TableEncoder strict = fit_table(load_csv({.file = folder.write("c.csv", "age,class\n1,yes\n2,no\n"), .missing = "error"}));
  CHECK(mentions(data_error([&] { strict.apply(load_csv_inputs(folder.write("d.csv", "age\n3\n,\n"))); }), "number of cells"));
  CHECK(mentions(data_error([&] { strict.apply(load_csv_inputs(folder.write("d.csv", "age,x\n3,1\n,1\n"))); }),
                 "row 1: the cell of column 'age' is empty"));
  for (const char* text :
       {"{}", "[", R"({"encode": "best", "label": "a", "classes": [], "columns": [{"name": "a", "center": 0, "scale": 1, "fill": 0}]})",
        R"({"encode": "onehot", "label": "a", "classes": [], "columns": []})",
        R"({"encode": "onehot", "label": "a", "classes": [], "columns": [{"name": "a", "center": 0, "scale": 0, "fill": 0}]})",
        R"({"encode": "onehot", "label": "a", "classes": [], "columns": [{"name": "a", "categories": ["b", "a"], "fill": 0}]})",
        R"({"encode": "onehot", "label": "a", "classes": [], "columns": [{"name": "a", "categories": ["b"], "fill": 1}]})"})
    CHECK_THROWS_AS(TableEncoder::parse(text, "table.json"), Error);
}
