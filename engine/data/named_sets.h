// named_sets.h: where the public sets lie on this machine.
#pragma once

#include <string>
#include <vector>

#include "engine/data/load.h"

namespace lehr {

/// data_dir, $LEHR_DATA, ~/.keras/datasets, ~/.lehr/datasets: those that are set, in this order.
std::vector<std::string> data_folders(const std::string& data_dir);

DataSplits load_named(const FashionMnist& spec, const LoadOptions& options);
DataSplits load_named(const Mnist& spec, const LoadOptions& options);
DataSplits load_named(const Cifar10& spec, const LoadOptions& options);

/// A folder that holds files of one of these sets, whatever its own name; nothing where it does not.
std::optional<DataSplits> load_known_folder(const std::string& folder, const LoadOptions& options);

}  // namespace lehr
