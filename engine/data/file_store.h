// file_store.h: a tree of files that may lie in a folder or in a zip.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace lehr {

class FileStore {
 public:
  virtual ~FileStore() = default;
  /// Paths relative to the root, with '/', hidden files left out; in no order.
  virtual const std::vector<std::string>& files() const = 0;
  virtual std::vector<std::byte> read(const std::string& path) const = 0;  ///< from many threads at once
  virtual std::string where(const std::string& path) const = 0;            ///< as messages name it; the root for ""
  std::string text(const std::string& path) const;
};

/// At most three folders deep. Throws Error{data} where the folder is missing or empty.
std::shared_ptr<const FileStore> open_folder(const std::string& root);
std::shared_ptr<const FileStore> open_file(const std::string& file);  ///< a store of that one file
/// A single top folder is stepped into.
std::shared_ptr<const FileStore> open_zip(const std::string& file);

}  // namespace lehr
