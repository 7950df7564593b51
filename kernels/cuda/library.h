// library.h: a vendor's library, opened when the program runs: the same program works where it is absent.
// Looked for, in this order: the folders of $LEHR_CUDA_PATH (each, and its lib and lib64); $LD_LIBRARY_PATH and the program's own RUNPATH;
// the `nvidia/*/lib` folders that Python wheels install; what the system's loader knows; /usr/local/cuda.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lehr::cuda {

/// `name` is what people call it, `sonames` the files that would do, best first: {"libcublasLt.so.13", "libcublasLt.so.12"}.
struct LibraryNames {
  std::string name = {};
  std::vector<std::string> sonames = {};
};

class Library {
 public:
  /// Throws Error{device} that names the files and every folder in which they were not.
  explicit Library(LibraryNames names);

  const std::string& name() const { return names_.name; }
  const std::filesystem::path& file() const { return file_; }  ///< as the loader resolved it

  /// Sets `function`, a pointer of the right type; Error{device} names the library and the function that it lacks.
  template <class Function>
  void bind(Function*& function, const char* symbol) const {
    function = reinterpret_cast<Function*>(find(symbol));
  }
  /// Null where this version has no such function.
  template <class Function>
  void bind_optional(Function*& function, const char* symbol) const {
    function = reinterpret_cast<Function*>(find_optional(symbol));
  }

 private:
  void* find(const char* symbol) const;
  void* find_optional(const char* symbol) const;

  struct Close {
    void operator()(void* handle) const;
  };
  LibraryNames names_;
  std::unique_ptr<void, Close> handle_;
  std::filesystem::path file_;
};

/// The folders that are searched by hand, in order; an empty path stands for what the system's loader knows.
std::vector<std::filesystem::path> library_folders();
/// `nvidia/*/lib` below the site-packages of a virtual environment, of python3 on the PATH, of the user and of the system.
std::vector<std::filesystem::path> wheel_folders();

}  // namespace lehr::cuda
