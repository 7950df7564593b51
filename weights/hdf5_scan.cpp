#include "weights/hdf5_scan.h"

#include <H5PLextern.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "kernels/dtype.h"
#include "weights/hdf5_handle.h"

namespace lehr {

namespace {

constexpr int deepest = 32;
constexpr std::size_t most_objects = 1'000'000, longest_text = std::size_t{16} << 20U;

/// What the file says about an object is wrong or not read here; the parent tells the user.
struct Refusal {
  std::string path, why;
};

class Records {
 public:
  explicit Records(ChildOutput& out) : out_(out) {}
  void kind(char c) { out_.write(std::as_bytes(std::span(&c, 1))); }
  void text(const std::string& s) {
    number(static_cast<std::uint32_t>(s.size()));
    out_.write(std::as_bytes(std::span(s)));
  }
  template <class T>
  void number(T value) {
    out_.write(std::as_bytes(std::span(&value, 1)));
  }
  void bytes(std::span<const std::byte> b) { out_.write(b); }

 private:
  ChildOutput& out_;
};

Hdf5Handle space_of(hid_t id, bool dataset) {
  return {dataset ? H5Dget_space(id) : H5Aget_space(id), H5Sclose, "a dataspace cannot be read"};
}
Hdf5Handle type_of(hid_t id, bool dataset) { return {dataset ? H5Dget_type(id) : H5Aget_type(id), H5Tclose, "a type cannot be read"}; }

std::string fixed_text(const char* at, std::size_t size, H5T_str_t padding) {
  std::string s(at, size);
  if (padding == H5T_STR_SPACEPAD)
    s.erase(s.find_last_not_of(' ') + 1);
  else
    s.resize(std::min(s.find('\0'), s.size()));
  return s;
}

class Scan {
 public:
  Scan(std::uint64_t room, ChildOutput& out) : room_(room), out_(out) {}

  void file(hid_t file) {
    try {
      const Hdf5Handle root(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose, "the root group cannot be opened");
      group(root, "", 0);
      out_.kind('e');
    } catch (const Refusal& refusal) {
      refuse(refusal.path, refusal.why);
    } catch (const Hdf5Failure& failure) {
      refuse(path_, failure.what());
    }
  }
  void refuse(const std::string& path, const std::string& why) {
    out_.kind('x');
    out_.text(path);
    out_.text(why);
  }

 private:
  void group(hid_t id, const std::string& path, int depth) {
    path_ = path;
    if (depth > deepest) throw Refusal{path, "its groups are nested more than 32 deep"};
    out_.kind('g');
    out_.text(path);
    attributes(id, path);
    H5G_info_t info{};
    hdf5_check(H5Gget_info(id, &info), "a group cannot be read");
    for (hsize_t i = 0; i < info.nlinks; ++i) link(id, path, i, depth);
  }

  void link(hid_t id, const std::string& path, hsize_t index, int depth) {
    if (++objects_ > most_objects) throw Refusal{path, "holds more than a million objects"};
    const ssize_t size = H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, nullptr, 0, H5P_DEFAULT);
    if (size < 0 || size > 4096) throw Refusal{path, "a name in this group cannot be read"};
    std::vector<char> name(static_cast<std::size_t>(size) + 1);
    H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, name.data(), name.size(), H5P_DEFAULT);
    const std::string full = path.empty() ? name.data() : path + "/" + name.data();
    H5L_info_t info{};
    hdf5_check(H5Lget_info(id, name.data(), &info, H5P_DEFAULT), "a link cannot be read");
    if (info.type != H5L_TYPE_HARD) return;  // soft and external links lead elsewhere: nothing outside this file is read
    path_ = full;
    const Hdf5Handle object(H5Oopen(id, name.data(), H5P_DEFAULT), H5Oclose, "an object cannot be opened");
    const H5I_type_t type = H5Iget_type(object);
    if (type == H5I_GROUP) {
      H5O_info_t place{};
      hdf5_check(H5Oget_info2(object, &place, H5O_INFO_BASIC), "an object cannot be read");
      if (!seen_.insert(place.addr).second) throw Refusal{full, "the group is reached in two ways"};
      group(object, full, depth + 1);
    } else if (type == H5I_DATASET) {
      dataset(object, full);
    }
  }

  void attributes(hid_t id, const std::string& path) {
    H5O_info_t info{};
    hdf5_check(H5Oget_info2(id, &info, H5O_INFO_NUM_ATTRS), "attributes cannot be read");
    for (hsize_t i = 0; i < info.num_attrs && i < 100'000; ++i) {
      const Hdf5Handle attribute(H5Aopen_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                                 "an attribute cannot be opened");
      std::array<char, 4096> name{};
      if (H5Aget_name(attribute, name.size(), name.data()) < 0) throw Hdf5Failure("an attribute's name cannot be read");
      attribute_texts(attribute, path, name.data());
    }
  }

  /// Numbers are no business of ours, but an empty list of any type is an empty list: NumPy writes [] as float64.
  void attribute_texts(hid_t attribute, const std::string& path, const std::string& name) {
    const Hdf5Handle space = space_of(attribute, false), type = type_of(attribute, false);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const bool none = H5Sget_simple_extent_type(space) == H5S_NULL || count == 0;
    if (!none && H5Tget_class(type) != H5T_STRING) return;
    if (count < 0 || static_cast<std::size_t>(count) > most_objects) throw Refusal{path, "its attribute " + name + " is absurdly long"};
    out_.kind('a');
    out_.text(path);
    out_.text(name);
    out_.number(static_cast<std::uint64_t>(none ? 0 : count));
    if (none) return;
    if (H5Tis_variable_str(type) > 0)
      variable_texts(attribute, type, static_cast<std::size_t>(count));
    else
      fixed_texts(attribute, type, static_cast<std::size_t>(count), path, name);
  }

  void variable_texts(hid_t attribute, hid_t type, std::size_t count) {
    const Hdf5Handle memory(H5Tcopy(H5T_C_S1), H5Tclose, "no type");
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    std::vector<char*> texts(count, nullptr);
    hdf5_check(H5Aread(attribute, memory, texts.data()), "an attribute cannot be read");
    for (const char* text : texts) out_.text(text == nullptr ? std::string() : std::string(text));
  }

  void fixed_texts(hid_t attribute, hid_t type, std::size_t count, const std::string& path, const std::string& name) {
    const std::size_t size = H5Tget_size(type);
    if (size == 0 || size > longest_text / count) throw Refusal{path, "its attribute " + name + " is absurdly large"};
    std::vector<char> raw(size * count);
    hdf5_check(H5Aread(attribute, type, raw.data()), "an attribute cannot be read");
    for (std::size_t i = 0; i < count; ++i) out_.text(fixed_text(raw.data() + i * size, size, H5Tget_strpad(type)));
  }

  struct Element {
    DType dtype;
    hid_t memory;  ///< the library's type for it
    bool raw16 = false;
  };

  static Element element(hid_t type, const std::string& path) {
    const std::size_t size = H5Tget_size(type);
    switch (H5Tget_class(type)) {
      case H5T_FLOAT:
        return size == 8 ? Element{DType::f64, H5T_NATIVE_DOUBLE} : Element{DType::f32, H5T_NATIVE_FLOAT};
      case H5T_INTEGER:
        if (size == 1 && H5Tget_sign(type) == H5T_SGN_NONE) return {DType::u8, H5T_NATIVE_UINT8};
        if (size == 2 && H5Tget_sign(type) == H5T_SGN_NONE) return {DType::i32, H5T_NATIVE_INT32};
        return size == 8 ? Element{DType::i64, H5T_NATIVE_INT64} : Element{DType::i32, H5T_NATIVE_INT32};
      case H5T_ENUM:  // h5py's booleans
        if (size == 1) return {DType::u8, H5T_NATIVE_UINT8};
        break;
      case H5T_OPAQUE:  // bfloat16, as ml_dtypes and h5py write it
        if (size == 2) return {DType::bf16, -1, true};
        break;
      default:
        break;
    }
    throw Refusal{path, "its elements are no numbers that can be read"};
  }

  static void check_storage(hid_t plist, const std::string& path) {
    if (H5Pget_layout(plist) == H5D_VIRTUAL) throw Refusal{path, "is made of parts of other files"};
    if (H5Pget_layout(plist) == H5D_CONTIGUOUS && H5Pget_external_count(plist) != 0)
      throw Refusal{path, "keeps its numbers in another file"};
  }

  void dataset(hid_t id, const std::string& path) {
    const Hdf5Handle space = space_of(id, true), type = type_of(id, true);
    const Hdf5Handle plist(H5Dget_create_plist(id), H5Pclose, "a dataset's layout cannot be read");
    check_storage(plist, path);
    const Element e = element(type, path);
    std::array<hsize_t, H5S_MAX_RANK> extents{};
    const int rank = H5Sget_simple_extent_type(space) == H5S_NULL ? -1 : H5Sget_simple_extent_dims(space, extents.data(), nullptr);
    if (rank < 0) return;  // holds nothing
    std::uint64_t bytes = size_of(e.dtype);
    for (int d = 0; d < rank; ++d) {
      if (extents[d] != 0 && bytes > room_ / extents[d]) throw Refusal{path, "claims more numbers than a file of this size can mean"};
      bytes *= extents[d];
    }
    room_ -= bytes;
    attributes(id, path + "@");
    const haddr_t offset = H5Dget_offset(id);
    const bool plain = !e.raw16 && offset != HADDR_UNDEF && H5Pget_layout(plist) == H5D_CONTIGUOUS && H5Tequal(type, e.memory) > 0 &&
                       H5Dget_storage_size(id) == bytes;
    out_.kind(plain ? 'd' : 'i');
    out_.text(path);
    out_.number(static_cast<std::uint8_t>(e.dtype));
    out_.number(static_cast<std::uint8_t>(rank));
    for (int d = 0; d < rank; ++d) out_.number(static_cast<std::uint64_t>(extents[d]));
    out_.number(plain ? static_cast<std::uint64_t>(offset) : bytes);
    if (plain) return;
    std::vector<std::byte> values(bytes);
    if (bytes != 0) {
      const Hdf5Handle own(e.raw16 ? H5Tcopy(type) : H5Tcopy(e.memory), H5Tclose, "no type");
      hdf5_check(H5Dread(id, own, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "the numbers cannot be read");
    }
    out_.bytes(values);
  }

  std::uint64_t room_;
  Records out_;
  std::string path_;
  std::size_t objects_ = 0;
  std::set<haddr_t> seen_;
};

void prepare_library() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);  // a file must not choose code to load
}

}  // namespace

void scan_hdf5(const std::string& file, std::uint64_t room, ChildOutput& out) {
  prepare_library();
  Scan scan(room, out);
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) return scan.refuse("", "is no HDF5 file, or its beginning is damaged");
  scan.file(id);
}

void scan_hdf5(std::span<const std::byte> image, std::uint64_t room, ChildOutput& out) {
  prepare_library();
  Scan scan(room, out);
  // The image is this process's copy-on-write copy, and the library is told to leave it alone.
  const hid_t id =
      H5LTopen_file_image(const_cast<std::byte*>(image.data()), image.size(), H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
  if (id < 0) return scan.refuse("", "is no HDF5 file, or its beginning is damaged");
  scan.file(id);
}

}  // namespace lehr
