// tar.h: the regular files of a tar archive in memory (ustar, GNU long names, pax paths are skipped over).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace lehr {

struct TarEntry {
  std::string name = {};
  std::span<const std::byte> bytes = {};  ///< inside the archive
};

/// Throws Error{data} naming `file` and the offset: no tar, a wrong checksum, an entry that the file cannot hold.
std::vector<TarEntry> list_tar(std::span<const std::byte> archive, const std::string& file);

}  // namespace lehr
