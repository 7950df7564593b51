// hdf5_scan.h: the child's half of reading: walks a file and writes records. The parent's half (hdf5_read.cpp) trusts none of them.
//   'g' path                                         a group
//   'a' path name u64 count, texts                   a text attribute of it
//   'd' path dtype rank extents u64 offset           a dataset whose numbers lie plainly in the file
//   'i' path dtype rank extents u64 bytes, bytes     one that only the library can read, with its numbers
//   'x' path text                                    why nothing more can be read;  'e': the end
// Texts are u32 length and bytes, numbers little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "weights/child_process.h"

namespace lehr {

/// `room`: bytes of datasets altogether.
void scan_hdf5(const std::string& file, std::uint64_t room, ChildOutput& out);
void scan_hdf5(std::span<const std::byte> image, std::uint64_t room, ChildOutput& out);

}  // namespace lehr
