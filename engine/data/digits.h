// digits.h: the bundled set of 1,797 handwritten digits, 8x8.
// E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998), doi 10.24432/C50P49,
// CC BY 4.0; the test part, as scikit-learn carries it.
#pragma once

#include "engine/data/dataset.h"

namespace lehr {

/// x uint8 [n, 8, 8, 1]: the file's 0..16 as round(value * 255 / 16), so that the usual /255 gives 0..1. Test is the last 297 rows,
/// Validation the 300 before them, Train the first 1,200, in the order of the file.
DataSplits load_digits();

}  // namespace lehr
