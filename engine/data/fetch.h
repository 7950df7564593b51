// fetch.h: named data sets from their official places into a folder where load_data finds them.
#pragma once

#include <string>
#include <vector>

#include "engine/data/download.h"

namespace lehr {

struct FetchOptions {
  std::string folder = {};  ///< empty: the first of data_folders() that is ours to fill: --data-dir, $LEHR_DATA, ~/.lehr/datasets
  std::string mirror = {};  ///< http://…/: the same files, from there
  DownloadHooks hooks = {};
};

struct FetchedSet {
  std::string place = {};  ///< the folder or file that is there now
  bool already_there = false;
  std::string next = {};  ///< the command that uses it
};

/// fashion_mnist, mnist, cifar10, lfw.
std::vector<std::string> fetchable_sets();

/// Throws Error{usage} for a name that is none of them, Error{data} as download() does.
FetchedSet fetch_set(const std::string& name, const FetchOptions& options = {});

}  // namespace lehr
