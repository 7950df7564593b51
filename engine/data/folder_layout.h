// folder_layout.h: which files are the samples of which part, and what their labels are; nothing is decoded here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/file_store.h"

namespace lehr {

struct ImageList {
  std::string part = {};  ///< "Train", "Validation", "Test"
  std::vector<std::string> files = {};
  std::vector<std::int32_t> labels = {};
};

struct FolderLayout {
  std::vector<ImageList> parts = {};
  std::vector<std::string> class_names = {};
  std::string kind = {};  ///< for people: "lecture layout", "class folders"
};

/// Throws Error{data}: no layout fits, label and image counts differ, a label is out of range, a part has a class that Train lacks.
FolderLayout find_layout(const FileStore& store);

}  // namespace lehr
