// arrays.h: from arrays as files hold them to a Dataset.
#pragma once

#include <string>

#include "engine/data/load.h"

namespace lehr {

/// x: uint8 stays, all else becomes float32; its rank is kept, but a plain list becomes a column. y: whole numbers [n] or [n, 1] become
/// int32 ids, [n, k] float32; floats [n] become [n, 1]. `x_where` and `y_where` name them in errors. An empty y means no labels.
Dataset dataset_from_arrays(Array x, const Array& y, const std::string& x_where, const std::string& y_where);

DataSplits load_arrays(const Arrays& spec, const LoadOptions& options);
/// Keys x_train y_train [x_val y_val] x_test y_test, or x [y]; each part may have sample_weight_train, ..., or sample_weight.
DataSplits load_npz_splits(const std::string& file);

}  // namespace lehr
