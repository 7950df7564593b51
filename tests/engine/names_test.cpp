// Names as people type them: what comes nearest to an unknown one.
#include "engine/spec/names.h"

#include <doctest/doctest.h>

using namespace lehr;

TEST_CASE("names: nearest") {
  const std::vector<std::string> flags{"learning-rate", "epochs", "batch-size", "validation", "validation-split"};
  CHECK(nearest("epoch", flags) == std::vector<std::string>{"epochs"});
  CHECK(nearest("bacth-size", flags) == std::vector<std::string>{"batch-size"});
  CHECK(nearest("validation-splt", flags).front() == "validation-split");
  CHECK(nearest("xyz", flags).empty());
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("", "abc") == 3);
}
