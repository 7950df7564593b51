#include "engine/data/file_store.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "engine/data/file.h"
#include "engine/data/zip.h"
#include "kernels/error.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& where, std::string what, std::string hint = {}) {
  throw Error({.category = Category::data, .where = where, .what = std::move(what), .hint = std::move(hint)});
}

class FolderStore final : public FileStore {
 public:
  explicit FolderStore(std::string root) : root_(std::move(root)) {
    std::error_code error;
    if (!fs::exists(root_, error)) fail(root_, "no such folder", "Check the path; it is taken from where the command runs.");
    if (!fs::is_directory(root_, error)) fail(root_, "is not a folder");
    auto at = fs::recursive_directory_iterator(root_, fs::directory_options::follow_directory_symlink, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      const bool hidden = at->path().filename().string().starts_with('.');
      std::error_code ignored;
      if (at->is_directory(ignored)) {
        if (hidden || at.depth() >= 3) at.disable_recursion_pending();
      } else if (!hidden) {
        files_.push_back(at->path().lexically_relative(root_).generic_string());
      }
    }
    if (error) fail(root_, "cannot be listed (" + error.message() + ")");
    if (files_.empty())
      fail(root_, "is empty", "A folder of images was expected: Train/ with train_labels.csv, or a folder for each class.");
  }
  const std::vector<std::string>& files() const override { return files_; }
  std::vector<std::byte> read(const std::string& path) const override { return read_bytes(where(path)); }
  std::string where(const std::string& path) const override { return path.empty() ? root_ : (fs::path(root_) / path).string(); }

 private:
  std::string root_;
  std::vector<std::string> files_;
};

class SingleFile final : public FileStore {
 public:
  explicit SingleFile(const std::string& path) : folder_(fs::path(path).parent_path()), files_{fs::path(path).filename().string()} {}
  const std::vector<std::string>& files() const override { return files_; }
  std::vector<std::byte> read(const std::string& path) const override { return read_bytes(where(path)); }
  std::string where(const std::string& path) const override { return (folder_ / (path.empty() ? files_.front() : path)).string(); }

 private:
  fs::path folder_;
  std::vector<std::string> files_;
};

class ZipStore final : public FileStore {
 public:
  explicit ZipStore(const std::string& file) : zip_(file) {
    std::vector<const ZipEntry*> found;
    for (const ZipEntry& entry : zip_.entries()) {
      const bool hidden = entry.name.starts_with('.') || entry.name.find("/.") != std::string::npos || entry.name.starts_with("__MACOSX/");
      if (hidden || entry.name.empty() || entry.name.ends_with('/')) continue;
      files_.push_back(entry.name);
      found.push_back(&entry);
    }
    if (files_.empty()) fail(file, "holds no files");
    prefix_ = single_top_folder();
    for (std::size_t i = 0; i < files_.size(); ++i) {
      files_[i].erase(0, prefix_.size());
      entries_.emplace(files_[i], found[i]);
    }
  }
  const std::vector<std::string>& files() const override { return files_; }
  std::vector<std::byte> read(const std::string& path) const override {
    const auto at = entries_.find(path);
    if (at == entries_.end()) fail(zip_.file(), "has no entry " + path);
    return zip_.read(*at->second);
  }
  std::string where(const std::string& path) const override { return path.empty() ? zip_.file() : zip_.file() + "/" + prefix_ + path; }

 private:
  std::string single_top_folder() const {
    const auto slash = files_.front().find('/');
    if (slash == std::string::npos) return {};
    const std::string top = files_.front().substr(0, slash + 1);
    const bool shared = std::all_of(files_.begin(), files_.end(), [&](const std::string& name) { return name.starts_with(top); });
    // ROOT/CLASS/*.jpg with one class would lose its class otherwise: something must lie two folders deep, or be a table.
    const bool deeper = std::any_of(files_.begin(), files_.end(), [&](const std::string& name) {
      return name.find('/', top.size()) != std::string::npos || name.ends_with(".csv");
    });
    return shared && deeper ? top : std::string{};
  }
  ZipReader zip_;
  std::string prefix_;
  std::vector<std::string> files_;
  std::unordered_map<std::string, const ZipEntry*> entries_;
};

}  // namespace

std::string FileStore::text(const std::string& path) const {
  const auto bytes = read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::shared_ptr<const FileStore> open_folder(const std::string& root) { return std::make_shared<FolderStore>(root); }
std::shared_ptr<const FileStore> open_file(const std::string& file) { return std::make_shared<SingleFile>(file); }
std::shared_ptr<const FileStore> open_zip(const std::string& file) { return std::make_shared<ZipStore>(file); }

}  // namespace lehr
