#include "engine/data/arrays.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>

#include "engine/data/npy.h"
#include "engine/data/npz.h"
#include "kernels/error.h"

namespace lehr {

namespace {

[[noreturn]] void fail(const std::string& where, std::string what, std::string expected = {}, std::string got = {}) {
  throw Error(
      {.category = Category::data, .where = where, .what = std::move(what), .expected = std::move(expected), .got = std::move(got)});
}

bool is_whole(DType dtype) { return dtype == DType::u8 || dtype == DType::i32 || dtype == DType::i64 || dtype == DType::u32; }

std::int64_t whole_at(const Array& y, std::size_t i) {
  switch (y.dtype()) {
    case DType::u8:
      return y.as<std::uint8_t>()[i];
    case DType::i64:
      return y.as<std::int64_t>()[i];
    case DType::u32:
      return y.as<std::uint32_t>()[i];
    default:
      return y.as<std::int32_t>()[i];
  }
}

Array ids_from(const Array& y, const std::string& where) {
  Array out({y.rows()}, DType::i32);
  for (std::size_t i = 0; i < y.count(); ++i) {
    const std::int64_t id = whole_at(y, i);
    if (id < 0 || id >= std::numeric_limits<std::int32_t>::max())
      fail(where + ", row " + std::to_string(i), "the label is out of range", "a class id of 0 or more", std::to_string(id));
    out.as<std::int32_t>()[i] = static_cast<std::int32_t>(id);
  }
  return out;
}

Array labels_from(const Array& y, const std::string& where) {
  const std::size_t rank = y.shape().rank();
  if (rank < 1 || rank > 2) fail(where, "labels of the wrong shape", "(n,) or (n, k)", y.shape().text());
  const bool column = rank == 2 && y.shape()[1] == 1;
  if (is_whole(y.dtype()) && (rank == 1 || column)) return ids_from(y, where);
  Array out = y.as_f32();
  return rank == 1 ? out.reshaped({y.rows(), 1}) : out;
}

/// Rows of an .npy that stays on the disk.
class NpyRows final : public RowSource {
 public:
  NpyRows(std::string file, NpyHeader header)
      : file_(std::move(file)), header_(std::move(header)), descriptor_(::open(file_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) fail(file_, "cannot be opened");
  }
  ~NpyRows() override { ::close(descriptor_); }
  NpyRows(const NpyRows&) = delete;
  NpyRows& operator=(const NpyRows&) = delete;
  std::int64_t rows() const override { return header_.shape[0]; }
  Shape sample_shape() const override { return header_.shape.without_batch(); }
  DType dtype() const override { return header_.dtype; }
  std::string describe(std::int64_t row) const override { return file_ + ", row " + std::to_string(row); }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    std::size_t have = 0;
    while (have < out.size()) {
      const auto at = static_cast<off_t>(header_.offset + static_cast<std::size_t>(row) * out.size() + have);
      const ssize_t got = ::pread(descriptor_, out.data() + have, out.size() - have, at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail(describe(row), "cannot be read");
      have += static_cast<std::size_t>(got);
    }
  }

 private:
  std::string file_;
  NpyHeader header_;
  int descriptor_;
};

/// Null where the file must be converted, or fits.
std::shared_ptr<const RowSource> streamed_npy(const std::string& file, std::size_t memory) {
  struct stat info{};
  if (memory == 0 || ::stat(file.c_str(), &info) != 0 || static_cast<std::size_t>(info.st_size) <= memory) return nullptr;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  std::vector<std::byte> start(4096);
  const ssize_t got = ::pread(descriptor, start.data(), start.size(), 0);
  ::close(descriptor);
  start.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  NpyHeader header = parse_npy_header(start, static_cast<std::size_t>(info.st_size), file);
  const bool plain = npy_is_plain(header) && header.shape.rank() >= 2 && (header.dtype == DType::u8 || header.dtype == DType::f32);
  return plain ? std::make_shared<NpyRows>(file, std::move(header)) : nullptr;
}

std::optional<Dataset> npz_part(const NamedArrays& arrays, const std::string& file, const std::string& x, const std::string& y,
                                const std::string& name) {
  const Array* samples = find_array(arrays, x);
  if (samples == nullptr) return std::nullopt;
  const Array* labels = find_array(arrays, y);
  Dataset data = dataset_from_arrays(*samples, labels != nullptr ? *labels : Array{}, file + ", array " + x, file + ", array " + y);
  data.name = std::filesystem::path(file).filename().string() + "/" + name;
  return data;
}

}  // namespace

Dataset dataset_from_arrays(Array x, Array y, const std::string& x_where, const std::string& y_where) {
  if (x.shape().rank() == 0) fail(x_where, "samples of the wrong shape", "(n, ...)", x.shape().text());
  if (x.rows() == 0) fail(x_where, "holds no samples", {}, "shape " + x.shape().text());
  if (x.shape().rank() == 1) x = x.reshaped({x.rows(), 1});
  Dataset data{.x = x.dtype() == DType::u8 ? std::move(x) : x.as_f32(), .name = x_where};
  if (!y.empty() || y.shape().rank() > 0) {
    data.y = labels_from(y, y_where);
    if (data.y.rows() != data.x.rows())
      fail(y_where, "labels and samples differ in number", std::to_string(data.x.rows()) + " as " + x_where + " has",
           std::to_string(data.y.rows()));
  }
  check_dataset(data);
  return data;
}

DataSplits load_arrays(const Arrays& spec, const LoadOptions& options) {
  const std::string& x = spec.x;
  Dataset data;
  const Array labels = spec.y.empty() ? Array{} : read_npy(spec.y);
  if (auto rows = streamed_npy(x, options.memory)) {
    data.streamed = std::move(rows);
    if (!spec.y.empty()) data.y = labels_from(labels, spec.y);
    data.name = x;
    check_dataset(data);
  } else {
    data = dataset_from_arrays(read_npy(x), labels, x, spec.y);
  }
  return {.train = std::move(data), .source = x + (spec.y.empty() ? "" : " and " + spec.y)};
}

DataSplits load_npz_splits(const std::string& file) {
  const NamedArrays arrays = read_npz(file);
  DataSplits out{.train = npz_part(arrays, file, "x_train", "y_train", "Train"),
                 .validation = npz_part(arrays, file, "x_val", "y_val", "Validation"),
                 .test = npz_part(arrays, file, "x_test", "y_test", "Test"),
                 .source = file};
  if (!out.train) out.train = npz_part(arrays, file, "x", "y", "all");
  if (!out.train) {
    std::string names;
    for (const auto& [name, array] : arrays) names += (names.empty() ? "" : ", ") + name;
    fail(file, "has no samples under a known name", "arrays x_train y_train x_test y_test, or x y", names.empty() ? "none" : names);
  }
  return out;
}

}  // namespace lehr
