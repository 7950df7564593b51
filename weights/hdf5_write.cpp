// Writing HDF5, in a child as well: the library keeps state for the whole process and is no friend of threads.
#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "weights/child_process.h"
#include "weights/hdf5_file.h"
#include "weights/hdf5_handle.h"

namespace lehr {

namespace {

constexpr std::size_t attribute_limit = 64512;  // Keras's HDF5_OBJECT_HEADER_LIMIT

Hdf5Handle properties(hid_t of) { return {H5Pcreate(of), H5Pclose, "no property list"}; }

void write_text(hid_t owner, const std::string& name, const std::string& value) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "no type");  // as h5py: variable length, UTF-8
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose, "no space");
  const Hdf5Handle attribute(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                             "an attribute cannot be written");
  const char* at = value.c_str();
  hdf5_check(H5Awrite(attribute, type, &at), "an attribute cannot be written");
}

void write_list_part(hid_t owner, const std::string& name, std::span<const std::string> values) {
  std::size_t longest = 1;
  for (const auto& v : values) longest = std::max(longest, v.size());
  std::string raw(longest * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(raw.data() + i * longest, longest);
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "no type");
  H5Tset_size(type, longest);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  const hsize_t count = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose, "no space");
  const Hdf5Handle attribute(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                             "an attribute cannot be written");
  if (count != 0) hdf5_check(H5Awrite(attribute, type, raw.data()), "an attribute cannot be written");
}

/// A list longer than an object header may hold is split, as Keras splits it.
void write_list(hid_t owner, const std::string& name, const std::vector<std::string>& values) {
  std::size_t longest = 1;
  for (const auto& v : values) longest = std::max(longest, v.size());
  const std::size_t most = std::max<std::size_t>(1, attribute_limit / longest);
  if (values.size() <= most) return write_list_part(owner, name, values);
  for (std::size_t i = 0, part = 0; i < values.size(); i += most, ++part)
    write_list_part(owner, name + std::to_string(part), std::span(values).subspan(i, std::min(most, values.size() - i)));
}

void write_attributes(hid_t owner, const Hdf5Object& object) {
  for (const auto& [name, values] : object.attributes) {
    const bool scalar = std::find(object.scalars.begin(), object.scalars.end(), name) != object.scalars.end();
    if (scalar)
      write_text(owner, name, values.empty() ? "" : values.front());
    else
      write_list(owner, name, values);
  }
}

hid_t type_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return H5T_IEEE_F64LE;
    case DType::i64:
      return H5T_STD_I64LE;
    case DType::i32:
      return H5T_STD_I32LE;
    case DType::u32:
      return H5T_STD_U32LE;
    case DType::u8:
      return H5T_STD_U8LE;
    default:
      return H5T_IEEE_F32LE;
  }
}

/// Returns where its numbers lie in the file.
std::uint64_t write_dataset(hid_t file, const std::string& path, const Array& array) {
  std::vector<hsize_t> extents(array.shape().extents().begin(), array.shape().extents().end());
  const Hdf5Handle space(
      extents.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose,
      "no space");
  const Hdf5Handle plist = properties(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(plist, false);  // the same weights, the same bytes
  const Hdf5Handle data(H5Dcreate2(file, path.c_str(), type_of(array.dtype()), space, H5P_DEFAULT, plist, H5P_DEFAULT), H5Dclose,
                        "a dataset cannot be written");
  if (array.count() == 0) return 0;
  hdf5_check(H5Dwrite(data, type_of(array.dtype()), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data()), "a dataset cannot be written");
  const haddr_t offset = H5Dget_offset(data);
  if (offset == HADDR_UNDEF) throw Hdf5Failure("a dataset has no place of its own");
  return offset;
}

/// Returns the offsets of the datasets, in the tree's order.
std::vector<std::uint64_t> write_tree(hid_t file, const Hdf5Tree& tree) {
  const Hdf5Handle plist = properties(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(plist, false);
  for (const auto& [path, object] : tree.groups) {  // sorted: a group comes before those in it
    const Hdf5Handle group(
        path.empty() ? H5Gopen2(file, "/", H5P_DEFAULT) : H5Gcreate2(file, path.c_str(), H5P_DEFAULT, plist, H5P_DEFAULT), H5Gclose,
        "a group cannot be written");
    write_attributes(group, object);
  }
  std::vector<std::uint64_t> offsets;
  for (const auto& [path, array] : tree.datasets) offsets.push_back(write_dataset(file, path, array));
  return offsets;
}

std::uint64_t bytes_of(const Hdf5Tree& tree) {
  std::uint64_t sum = 0;
  for (const auto& [path, array] : tree.datasets) sum += array.bytes();
  return sum + 16384 * (1 + tree.groups.size() + tree.datasets.size());
}

struct LaidOut {
  std::vector<std::byte> bytes;
  std::vector<std::uint64_t> offsets;  ///< of the datasets in them, in the tree's order
};

LaidOut lay_out(const Hdf5Tree& tree) {
  const std::uint64_t size = bytes_of(tree);
  const ChildLimits limits{.memory = (std::uint64_t{256} << 20U) + 4 * size,
                           .output = (std::uint64_t{64} << 20U) + 2 * size,
                           .seconds = 30 + static_cast<unsigned>(size >> 26U)};
  LaidOut out;
  out.bytes = run_in_child(tree.source, "the HDF5 library, writing this file,", limits, [&](ChildOutput& pipe) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    const Hdf5Handle access = properties(H5P_FILE_ACCESS);
    hdf5_check(H5Pset_fapl_core(access, std::max<std::size_t>(std::size_t{1} << 16U, size / 16), false), "no memory file");
    const Hdf5Handle file(H5Fcreate("lehr", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose, "a file cannot be made");
    const auto offsets = write_tree(file, tree);
    hdf5_check(H5Fflush(file, H5F_SCOPE_GLOBAL), "the file cannot be finished");
    const ssize_t bytes = H5Fget_file_image(file, nullptr, 0);
    if (bytes <= 0) throw Hdf5Failure("the file cannot be read back");
    std::vector<std::byte> image(static_cast<std::size_t>(bytes));
    H5Fget_file_image(file, image.data(), image.size());
    pipe.write(image);
    pipe.write(std::as_bytes(std::span(offsets)));
  });
  out.offsets.resize(tree.datasets.size());
  const std::size_t trailer = out.offsets.size() * sizeof(std::uint64_t);
  std::memcpy(out.offsets.data(), out.bytes.data() + out.bytes.size() - trailer, trailer);
  out.bytes.resize(out.bytes.size() - trailer);
  return out;
}

}  // namespace

std::vector<std::byte> encode_hdf5(const Hdf5Tree& tree) { return lay_out(tree).bytes; }

bool Hdf5Encoder::laid_out(const Hdf5Tree& tree) const {
  return !bytes_.empty() && std::ranges::equal(places_, tree.datasets, [](const Place& place, const auto& dataset) {
    const auto& [path, array] = dataset;
    return place.path == path && place.shape == array.shape() && place.dtype == array.dtype();
  }) && groups_ == tree.groups;
}

std::span<const std::byte> Hdf5Encoder::encode(const Hdf5Tree& tree) {
  if (laid_out(tree)) {
    auto place = places_.begin();
    for (const auto& [path, array] : tree.datasets) {
      if (array.count() != 0) std::memcpy(bytes_.data() + place->offset, array.data(), array.bytes());
      ++place;
    }
    return bytes_;
  }
  LaidOut fresh = lay_out(tree);
  groups_ = tree.groups;
  places_.clear();
  for (const auto& [path, array] : tree.datasets)
    places_.push_back({.path = path, .shape = array.shape(), .dtype = array.dtype(), .offset = fresh.offsets[places_.size()]});
  bytes_ = std::move(fresh.bytes);
  return bytes_;
}

}  // namespace lehr
