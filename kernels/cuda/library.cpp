#include "kernels/cuda/library.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "kernels/error.h"

namespace lehr::cuda {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Folders below `base` that match lib/python3.*/{site,dist}-packages/nvidia/*/lib.
void add_wheels(const fs::path& base, std::vector<fs::path>& out) {
  std::error_code none;
  for (const fs::directory_entry& python : fs::directory_iterator(base / "lib", none)) {
    if (!python.path().filename().string().starts_with("python3")) continue;
    for (const char* packages : {"site-packages", "dist-packages"}) {
      std::vector<fs::path> found;
      for (const fs::directory_entry& wheel : fs::directory_iterator(python.path() / packages / "nvidia", none))
        if (fs::is_directory(wheel.path() / "lib", none)) found.push_back(wheel.path() / "lib");
      std::ranges::sort(found);  // the file system's order is no order
      for (auto& folder : found)
        if (std::ranges::find(out, folder) == out.end()) out.push_back(std::move(folder));
    }
  }
}

/// $LD_LIBRARY_PATH and RUNPATH of this program, as its loader reads them; not the system's own folders.
std::vector<fs::path> loader_folders() {
  std::vector<fs::path> out;
  void* self = dlopen(nullptr, RTLD_LAZY);
  if (self == nullptr) return out;
  Dl_serinfo size = {};
  if (dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0) {
    std::vector<std::max_align_t> memory(size.dls_size / sizeof(std::max_align_t) + 1);
    auto* all = reinterpret_cast<Dl_serinfo*>(memory.data());
    all->dls_size = size.dls_size;
    all->dls_cnt = size.dls_cnt;
    if (dlinfo(self, RTLD_DI_SERINFO, all) == 0)
      for (unsigned i = 0; i < all->dls_cnt; ++i)
        if ((all->dls_serpath[i].dls_flags & (LA_SER_LIBPATH | LA_SER_RUNPATH)) != 0) out.emplace_back(all->dls_serpath[i].dls_name);
  }
  dlclose(self);
  return out;
}

fs::path resolved(void* handle) {
  link_map* map = nullptr;
  return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr ? fs::path(map->l_name) : fs::path();
}

}  // namespace

std::vector<fs::path> wheel_folders() {
  std::vector<fs::path> out;
  if (const std::string folder = variable("VIRTUAL_ENV"); !folder.empty()) add_wheels(folder, out);
  if (const std::string folder = variable("CONDA_PREFIX"); !folder.empty()) add_wheels(folder, out);
  std::error_code none;
  for (const std::string& folder : split(variable("PATH")))
    if (fs::exists(fs::path(folder) / "python3", none)) {
      add_wheels(fs::path(folder).parent_path(), out);
      break;
    }
  if (const std::string home = variable("HOME"); !home.empty()) add_wheels(fs::path(home) / ".local", out);
  for (const char* system : {"/usr/local", "/usr"}) add_wheels(system, out);
  return out;
}

std::vector<fs::path> library_folders() {
  std::vector<fs::path> out;
  for (const std::string& folder : split(variable("LEHR_CUDA_PATH")))
    for (const char* inside : {"", "lib", "lib64"}) out.push_back(*inside == 0 ? fs::path(folder) : fs::path(folder) / inside);
#ifdef LEHR_SIMT
  return out;  // what is installed for a GPU is of no use to the executor
#endif
  std::ranges::copy(loader_folders(), std::back_inserter(out));
  std::ranges::copy(wheel_folders(), std::back_inserter(out));
  out.emplace_back();
  for (const char* inside : {"lib64", "lib"}) out.push_back(fs::path("/usr/local/cuda") / inside);
  return out;
}

Library::Library(LibraryNames names) : names_(std::move(names)) {
  std::string looked, damaged;
  for (const fs::path& folder : library_folders()) {
    looked += (looked.empty() ? "" : ", ") + (folder.empty() ? std::string("the system's folders") : folder.string());
    for (const std::string& soname : names_.sonames) {
      std::error_code none;
      const fs::path file = folder / soname;
      if (!folder.empty() && !fs::exists(file, none)) continue;
      // Local: a Python wheel's symbols and a system's must not mix. Nodelete: these libraries leave threads and handlers behind.
      handle_.reset(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE));
      if (handle_ != nullptr) {
        file_ = resolved(handle_.get());
        return;
      }
      const char* why = dlerror();
      if (!folder.empty() && damaged.empty()) damaged = why == nullptr ? file.string() : why;  // it is there and cannot be loaded
    }
  }
  std::string files;
  for (const std::string& soname : names_.sonames) files += (files.empty() ? "" : " or ") + soname;
  throw Error({.category = Category::device,
               .where = names_.name,
               .what = damaged.empty() ? "its library was not found" : "its library could not be loaded",
               .expected = files + " in one of: " + looked,
               .got = damaged,
               .hint = "Set LEHR_CUDA_PATH to the folder that holds it."});
}

void* Library::find_optional(const char* symbol) const { return dlsym(handle_.get(), symbol); }

void* Library::find(const char* symbol) const {
  void* found = find_optional(symbol);
  if (found == nullptr)
    throw Error({.category = Category::device,
                 .where = names_.name,
                 .what = "this version lacks a function",
                 .expected = symbol,
                 .got = file_.string(),
                 .hint = "Install a newer " + names_.name + "."});
  return found;
}

void Library::Close::operator()(void* handle) const { dlclose(handle); }

}  // namespace lehr::cuda
