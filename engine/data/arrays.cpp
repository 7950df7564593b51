#include "engine/data/arrays.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

#include "engine/data/npy.h"
#include "engine/data/npz.h"
#include "engine/data/parallel_rows.h"
#include "engine/descriptor.h"
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

/// [n] or [n, 1], of any numbers.
void set_sample_weights(Dataset& data, const Array& weights, const std::string& where) {
  const std::size_t rank = weights.shape().rank();
  if (rank < 1 || weights.rows() != data.size() || static_cast<std::int64_t>(weights.count()) != data.size())
    fail(where, "sample weights of the wrong shape", "(" + std::to_string(data.size()) + ",): one a sample", weights.shape().text());
  data.sample_weights = weights.as_f32().reshaped({data.size()});
}

/// Rows of a C-ordered .npy, read and converted when they are asked for: uint8 as they are, all else as float32.
class NpyRows final : public RowSource {
 public:
  explicit NpyRows(std::string file) : file_(std::move(file)), descriptor_(::open(file_.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info{};
    if (!descriptor_ || ::fstat(descriptor_.get(), &info) != 0) fail(file_, std::string("cannot be opened (") + std::strerror(errno) + ")");
    std::vector<std::byte> start(65546);  // the longest header of version 1
    const ssize_t got = ::pread(descriptor_.get(), start.data(), start.size(), 0);
    if (got < 0) fail(file_, std::string("cannot be read (") + std::strerror(errno) + ")");
    start.resize(static_cast<std::size_t>(got));
    header_ = parse_npy_header(start, static_cast<std::size_t>(info.st_size), file_);
    if (header_.shape.rank() == 0) fail(file_, "samples of the wrong shape", "(n, ...)", header_.shape.text());
    sample_ = header_.shape.rank() == 1 ? Shape{1} : header_.shape.without_batch();
    if (sample_.elements() == 0) fail(file_, "its samples are empty", {}, "shape " + header_.shape.text());
    file_row_ = static_cast<std::size_t>(sample_.elements()) * npy_item_bytes(header_, file_);
  }

  bool c_ordered() const { return !header_.fortran_order || header_.shape.rank() == 1; }
  std::int64_t rows() const override { return header_.shape[0]; }
  Shape sample_shape() const override { return sample_; }
  DType dtype() const override { return header_.dtype == DType::u8 ? DType::u8 : DType::f32; }
  std::string describe(std::int64_t row) const override { return file_ + ", row " + std::to_string(row); }
  void read(std::int64_t row, std::span<std::byte> out) const override {
    if (header_.dtype == DType::u8) return read_bytes_of(row, out);
    std::vector<std::byte> raw(file_row_);
    read_bytes_of(row, raw);
    const Array values = npy_elements(header_, raw, sample_, file_).as_f32();
    check_finite(values.as<float>(), "the sample", describe(row));
    std::memcpy(out.data(), values.data(), out.size());
  }

 private:
  void read_bytes_of(std::int64_t row, std::span<std::byte> out) const {
    std::size_t have = 0;
    while (have < out.size()) {
      const auto at = static_cast<off_t>(header_.offset + static_cast<std::size_t>(row) * file_row_ + have);
      const ssize_t got = ::pread(descriptor_.get(), out.data() + have, out.size() - have, at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail(describe(row), "cannot be read");
      have += static_cast<std::size_t>(got);
    }
  }

  std::string file_;
  Descriptor descriptor_;
  NpyHeader header_;
  Shape sample_;
  std::size_t file_row_ = 0;
};

/// `suffix`: of x, y and sample_weight.
std::optional<Dataset> npz_part(const NamedArrays& arrays, const std::string& file, const std::string& suffix, const std::string& name) {
  const std::string x = "x" + suffix, y = "y" + suffix, weight = "sample_weight" + suffix;
  const Array* samples = find_array(arrays, x);
  if (samples == nullptr) return std::nullopt;
  const Array* labels = find_array(arrays, y);
  Dataset data = dataset_from_arrays(*samples, labels != nullptr ? *labels : Array{}, file + ", array " + x, file + ", array " + y);
  data.name = std::filesystem::path(file).filename().string() + "/" + name;
  if (const Array* weights = find_array(arrays, weight)) set_sample_weights(data, *weights, file + ", array " + weight);
  return data;
}

void set_labels(Dataset& data, const Array& y, const std::string& x_where, const std::string& y_where) {
  if (!y.empty() || y.shape().rank() > 0) {
    data.y = labels_from(y, y_where);
    if (data.y.rows() != data.size())
      fail(y_where, "labels and samples differ in number", std::to_string(data.size()) + " as " + x_where + " has",
           std::to_string(data.y.rows()));
  }
  check_dataset(data);
}

}  // namespace

Dataset dataset_from_arrays(Array x, const Array& y, const std::string& x_where, const std::string& y_where) {
  if (x.shape().rank() == 0) fail(x_where, "samples of the wrong shape", "(n, ...)", x.shape().text());
  if (x.rows() == 0) fail(x_where, "holds no samples", {}, "shape " + x.shape().text());
  if (x.shape().rank() == 1) x = x.reshaped({x.rows(), 1});
  const bool ready = x.dtype() == DType::u8 || x.dtype() == DType::f32;
  Dataset data{.x = ready ? std::move(x) : x.as_f32(), .name = x_where};
  set_labels(data, y, x_where, y_where);
  return data;
}

DataSplits load_arrays(const Arrays& spec, const LoadOptions& options) {
  const std::string& x = spec.x;
  const Array labels = spec.y.empty() ? Array{} : read_npy(spec.y);
  DataSplits out{.source = x + (spec.y.empty() ? "" : " and " + spec.y)};
  const auto rows = std::make_shared<const NpyRows>(x);
  const auto row_bytes = static_cast<std::size_t>(rows->sample_shape().elements()) * size_of(rows->dtype());
  if (!rows->c_ordered()) {
    out.train = dataset_from_arrays(read_npy(x), labels, x, spec.y);
  } else if (options.memory > 0 && static_cast<std::size_t>(rows->rows()) * row_bytes > options.memory) {
    out.train = Dataset{.name = x, .streamed = rows};
    set_labels(*out.train, labels, x, spec.y);
  } else {
    Array samples(rows->sample_shape().with_batch(rows->rows()), rows->dtype());
    for_rows(rows->rows(), options.threads, nullptr,
             [&](std::int64_t row) { rows->read(row, {samples.data() + static_cast<std::size_t>(row) * row_bytes, row_bytes}); });
    out.train = dataset_from_arrays(std::move(samples), labels, x, spec.y);
  }
  if (!spec.sample_weight.empty()) set_sample_weights(*out.train, read_npy(spec.sample_weight), spec.sample_weight);
  return out;
}

DataSplits load_npz_splits(const std::string& file) {
  const NamedArrays arrays = read_npz(file);
  DataSplits out{.train = npz_part(arrays, file, "_train", "Train"),
                 .validation = npz_part(arrays, file, "_val", "Validation"),
                 .test = npz_part(arrays, file, "_test", "Test"),
                 .source = file};
  if (!out.train) out.train = npz_part(arrays, file, "", "all");
  if (!out.train) {
    std::string names;
    for (const auto& [name, array] : arrays) names += (names.empty() ? "" : ", ") + name;
    fail(file, "has no samples under a known name", "arrays x_train y_train x_test y_test, or x y", names.empty() ? "none" : names);
  }
  return out;
}

}  // namespace lehr
