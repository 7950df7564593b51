// cifar.h: CIFAR-10 as its authors publish it.  https://www.cs.toronto.edu/~kriz/cifar.html
//   cifar-10-batches-bin/data_batch_1.bin ...   rows of 1 label byte and 3 x 1024 bytes (planes red, green, blue)
//   cifar-10-batches-py/data_batch_1 ...        pickled {data: uint8 [10000, 3072], labels: [...]}
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

const std::vector<std::string>& cifar10_names();
DataSplits load_cifar10_bin(const std::string& folder);
DataSplits load_cifar10_py(const std::string& folder);

}  // namespace lehr
