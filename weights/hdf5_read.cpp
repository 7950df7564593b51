// The parent's half of reading: starts the child, checks every record against the file, reads plain numbers itself.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/data/byte_reader.h"
#include "engine/descriptor.h"
#include "weights/hdf5_file.h"
#include "weights/hdf5_scan.h"

namespace lehr {

namespace {

/// Where plain numbers come from: a file, or its bytes in memory.
class Source {
 public:
  explicit Source(const std::string& file) : where_(file), file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info{};
    if (!file_ || ::fstat(file_.get(), &info) != 0)
      throw Error({.category = Category::data, .where = file, .what = std::string("cannot be opened (") + std::strerror(errno) + ")"});
    if (!S_ISREG(info.st_mode)) throw Error({.category = Category::data, .where = file, .what = "is not a file"});
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  Source(std::span<const std::byte> bytes, std::string where) : where_(std::move(where)), bytes_(bytes), size_(bytes.size()) {}

  const std::string& where() const { return where_; }
  std::uint64_t size() const { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> into) const {
    if (!file_) {
      std::memcpy(into.data(), bytes_.data() + offset, into.size());
      return;
    }
    std::size_t have = 0;
    while (have < into.size()) {
      const ssize_t got = ::pread(file_.get(), into.data() + have, into.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        throw Error({.category = Category::data, .where = where_ + ", offset " + std::to_string(offset + have), .what = "cannot be read"});
      have += static_cast<std::size_t>(got);
    }
  }

 private:
  std::string where_;
  Descriptor file_;
  std::span<const std::byte> bytes_;
  std::uint64_t size_ = 0;
};

class Assembly {
 public:
  Assembly(const Source& source, std::span<const std::byte> records)
      : source_(source), in_(records, source.where() + ", record of its structure"), room_(hdf5_room(source.size())) {
    tree_.source = source.where();
  }

  Hdf5Tree build() {
    while (true) {
      const auto kind = in_.little<std::uint8_t>();
      if (kind == 'e') return std::move(tree_);
      const std::string path = text();
      if (kind == 'g')
        tree_.group(path);
      else if (kind == 'a')
        attribute(path);
      else if (kind == 'd' || kind == 'i')
        dataset(path, kind == 'd');
      else if (kind == 'x')
        refused(path, text());
      else
        in_.fail("the structure is damaged");
    }
  }

 private:
  std::string text() {
    const auto size = in_.little<std::uint32_t>();
    const auto raw = in_.take(size);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }

  void attribute(std::string path) {
    const std::string name = text();
    const auto count = in_.little<std::uint64_t>();
    if (count > in_.left() / sizeof(std::uint32_t)) in_.fail("the structure is damaged");
    std::vector<std::string> values;
    for (std::uint64_t i = 0; i < count; ++i) values.push_back(text());
    const bool of_dataset = path.ends_with('@');
    if (of_dataset) path.pop_back();
    (of_dataset ? tree_.dataset_attributes[path] : tree_.group(path)).attributes[name] = std::move(values);
  }

  void dataset(const std::string& path, bool plain) {
    const std::string where = source_.where() + ", dataset /" + path;
    const auto code = in_.little<std::uint8_t>();
    if (code > static_cast<std::uint8_t>(DType::u32)) in_.fail("the structure is damaged");
    const auto dtype = static_cast<DType>(code);
    std::vector<std::int64_t> extents(in_.little<std::uint8_t>());
    std::uint64_t bytes = size_of(dtype);
    for (auto& extent : extents) {
      const auto value = in_.little<std::uint64_t>();
      if (value != 0 && bytes > room_ / value) in_.fail("the structure is damaged");
      bytes *= value;
      extent = static_cast<std::int64_t>(value);
    }
    room_ -= bytes;
    const auto offset = in_.little<std::uint64_t>();  // or the number of bytes that follow
    if (plain && (offset > source_.size() || bytes > source_.size() - offset))
      throw Error({.category = Category::data,
                   .where = where + ", offset " + std::to_string(offset),
                   .what = "the file ends before its numbers do",
                   .expected = std::to_string(bytes) + " bytes for shape " + Shape(extents).text(),
                   .got = std::to_string(source_.size() - std::min(offset, source_.size())),
                   .hint = "The download may have been cut; fetch the file again."});
    if (!plain && offset != bytes) in_.fail("the structure is damaged");
    const auto inline_values = plain ? std::span<const std::byte>{} : in_.take(bytes);
    Array values(Shape(std::move(extents)), dtype);
    if (plain)
      source_.read(offset, {values.data(), values.bytes()});
    else if (bytes != 0)
      std::memcpy(values.data(), inline_values.data(), values.bytes());
    if (!tree_.datasets.emplace(path, std::move(values)).second)
      throw Error({.category = Category::data, .where = where, .what = "the file has two datasets of this name"});
  }

  [[noreturn]] void refused(const std::string& path, const std::string& why) const {
    throw Error({.category = Category::data,
                 .where = source_.where() + (path.empty() ? "" : ", /" + path),
                 .what = why,
                 .expected = path.empty() ? "HDF5, as Keras writes it" : "",
                 .hint = "The file is damaged or of another kind; fetch or write it again."});
  }

  const Source& source_;
  ByteReader in_;
  std::uint64_t room_;
  Hdf5Tree tree_;
};

template <class Scan>
Hdf5Tree read(const Source& source, const Scan& scan) {
  const std::uint64_t room = hdf5_room(source.size());
  const ChildLimits limits{.memory = (std::uint64_t{256} << 20U) + room + 4 * source.size(),
                           .output = (std::uint64_t{64} << 20U) + room + source.size(),
                           .seconds = 3 + static_cast<unsigned>(source.size() >> 24U)};
  const auto records =
      run_in_child(source.where(), "the HDF5 library, reading this file,", limits, [&](ChildOutput& out) { scan(room, out); });
  return Assembly(source, records).build();
}

}  // namespace

Hdf5Tree read_hdf5(const std::string& file) {
  return read(Source(file), [&](std::uint64_t room, ChildOutput& out) { scan_hdf5(file, room, out); });
}

Hdf5Tree read_hdf5(std::span<const std::byte> bytes, const std::string& where) {
  return read(Source(bytes, where), [&](std::uint64_t room, ChildOutput& out) { scan_hdf5(bytes, room, out); });
}

}  // namespace lehr
