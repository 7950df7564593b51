#include "kernels/store_rows.h"

#include "tests/check/family.h"

using namespace lehr;

TEST_CASE("store rows: problems agree with float64") { check::family("store_rows"); }
