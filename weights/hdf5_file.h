// hdf5_file.h: an HDF5 file as groups, text attributes and arrays: what Keras writes, and no more of HDF5 than that.
// libhdf5 works in a child process (child_process.h). Of a file it reads only the structure; the parent then reads the numbers of plain
// datasets (contiguous, this machine's floats) by their offsets itself, so that loading costs about what reading the bytes costs.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/array.h"

namespace lehr {

struct Hdf5Object {
  std::map<std::string, std::vector<std::string>> attributes = {};  ///< text only; a scalar is a list of one
  std::vector<std::string> scalars = {};                            ///< names of those that are no list (for writing)
  friend bool operator==(const Hdf5Object&, const Hdf5Object&) = default;
};

struct Hdf5Tree {
  std::string source = {};  ///< the file, as errors name it
  std::map<std::string, Hdf5Object> groups = {};
  std::map<std::string, Hdf5Object> dataset_attributes = {};
  std::map<std::string, Array> datasets = {};  ///< by path, "layers/dense/vars/0"; the root is ""

  /// Makes the group and those above it.
  Hdf5Object& group(const std::string& path);
  bool has_group(const std::string& path) const { return groups.contains(path); }
  /// A list attribute of a group; one that HDF5's limit of 64 KiB made Keras split (name0, name1, ...) is joined. Null where absent.
  const std::vector<std::string>* attribute(const std::string& path, const std::string& name) const;
  /// A text attribute; empty where absent.
  std::string text(const std::string& path, const std::string& name) const;
  std::vector<std::string> children(const std::string& path) const;  ///< names of the groups right below
};

/// Numbers become float32, float64, int32, int64 or uint8. What a file holds may be at most 64 MB + 16 times its size (`hdf5_room`): more
/// is a bomb. Error{data} names file, dataset and offset.
Hdf5Tree read_hdf5(const std::string& file);
Hdf5Tree read_hdf5(std::span<const std::byte> bytes, const std::string& where);  ///< a file that lies in memory
constexpr std::uint64_t hdf5_room(std::uint64_t file_bytes) { return (std::uint64_t{64} << 20U) + 16 * file_bytes; }

/// The same tree gives the same bytes.
std::vector<std::byte> encode_hdf5(const Hdf5Tree& tree);

/// The same bytes for one tree after another. libhdf5 lays out the first; into trees of the same groups, texts, paths, shapes and types only the
/// numbers are copied: nothing else of a file depends on them (no filters, no checksums), and no process has to be forked.
class Hdf5Encoder {
 public:
  std::span<const std::byte> encode(const Hdf5Tree& tree);  ///< until the next call

 private:
  struct Place {
    std::string path;
    Shape shape;
    DType dtype;
    std::uint64_t offset;
  };
  bool laid_out(const Hdf5Tree& tree) const;
  std::map<std::string, Hdf5Object> groups_;
  std::vector<Place> places_;
  std::vector<std::byte> bytes_;
};

}  // namespace lehr
