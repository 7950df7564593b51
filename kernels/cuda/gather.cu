// A batch out of a resident data set: rows by the permutation, converted and normalized on the way, eight elements a thread where rows are
// a multiple of eight.
#include "kernels/gather.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

struct Rows {
  std::int64_t batch, elements, channels;
  const std::int32_t* permutation;  ///< empty: in their order
  const StepCounters* counters;     ///< empty: from the first
  bool bgr;

  __device__ std::int64_t source(std::int64_t row) const {
    const std::int64_t at = row + (counters == nullptr ? 0 : counters->sample);
    return permutation == nullptr ? at : std::int64_t{permutation[at]};
  }
  /// Where element e of a row is read: its pixel's channels reversed for bgr.
  __device__ std::int64_t place(std::int64_t e) const {
    const std::int64_t c = e % channels;
    return bgr ? e - c + (channels - 1 - c) : e;
  }
};

/// units: of a row; without bgr larger than elements.
template <class Unit>
__global__ void copy_rows_kernel(const Unit* x, Unit* y, Rows rows, std::int64_t units) {
  const std::int64_t i = device::first_element<1>();
  if (i >= rows.batch * units) return;
  const std::int64_t row = i / units, e = i % units;
  y[i] = x[rows.source(row) * units + (rows.bgr ? rows.place(e) : e)];
}

/// scale, offset [channels], in double and rounded once, as the CPU has it.
template <class From, class To, int n>
__global__ void convert_rows_kernel(const From* x, To* y, Rows rows, const double* scale, const double* offset) {
  const std::int64_t i = device::first_element<n>();
  if (i >= rows.batch * rows.elements) return;
  const std::int64_t row = i / rows.elements, e = i % rows.elements;
  const From* from = x + rows.source(row) * rows.elements;
  device::Elements<From, n> in;
  if constexpr (n > 1)
    in = *reinterpret_cast<const device::Elements<From, n>*>(from + e);
  else
    in.at[0] = from[rows.place(e)];
  float v[n];
  std::int64_t c = e % rows.channels;
#pragma unroll
  for (int j = 0; j < n; ++j) {
    v[j] = static_cast<float>(static_cast<double>(in.at[j]) * scale[c] + offset[c]);
    if (++c == rows.channels) c = 0;
  }
  device::store<n>(y + i, v);
}

class CopyRows final : public Gather {
 public:
  explicit CopyRows(const GatherSpec& spec) : spec_(spec) {
    const auto size = static_cast<std::int64_t>(size_of(spec.from));
    unit_ = spec.bgr ? size : 16;
    while (spec.elements * size % unit_ != 0) unit_ /= 2;
    units_ = spec.elements * size / unit_;
  }
  void run(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream& stream) override {
    if (unit_ == 16 && aligned16(x.data) && aligned16(y.data))
      return start<device::Elements<std::uint32_t, 4>>(x, permutation, counters, y, stream, units_);
    if (unit_ >= 8) return start<std::uint64_t>(x, permutation, counters, y, stream, units_ * (unit_ / 8));
    if (unit_ == 4) return start<std::uint32_t>(x, permutation, counters, y, stream, units_);
    if (unit_ == 2) return start<std::uint16_t>(x, permutation, counters, y, stream, units_);
    start<std::uint8_t>(x, permutation, counters, y, stream, units_);
  }

 private:
  template <class Unit>
  void start(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream& stream, std::int64_t units) const {
    const Rows rows{spec_.batch, spec_.elements, spec_.channels, permutation.as<std::int32_t>(), counters, spec_.bgr};
    launch(copy_rows_kernel<Unit>, blocks_for(spec_.batch * units), block_threads, 0, stream, static_cast<const Unit*>(x.data),
           static_cast<Unit*>(y.data), rows, units);
  }
  GatherSpec spec_;
  std::int64_t unit_, units_;
};

template <class From, class To>
class ConvertRows final : public Gather {
 public:
  ConvertRows(Cuda& cuda, const GatherSpec& spec) : spec_(spec) {
    std::vector<double> scale, offset;
    const auto at = [](const std::vector<double>& v, std::int64_t c, double otherwise) {
      return v.empty() ? otherwise : v[v.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    };
    for (std::int64_t c = 0; c < spec.channels; ++c) {
      scale.push_back(at(spec.scale, c, 1.0));
      offset.push_back(at(spec.offset, c, 0.0));
    }
    scale_ = upload(cuda, scale);
    offset_ = upload(cuda, offset);
  }
  void run(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream& stream) override {
    if (!spec_.bgr && spec_.elements % 8 == 0 && aligned16(x.data) && aligned16(y.data))
      start<8>(x, permutation, counters, y, stream);
    else
      start<1>(x, permutation, counters, y, stream);
  }

 private:
  template <int n>
  void start(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream& stream) const {
    const Rows rows{spec_.batch, spec_.elements, spec_.channels, permutation.as<std::int32_t>(), counters, spec_.bgr};
    launch(convert_rows_kernel<From, To, n>, blocks_for(spec_.batch * spec_.elements, n), block_threads, 0, stream, x.as<From>(),
           y.as<To>(), rows, static_cast<const double*>(scale_.data()), static_cast<const double*>(offset_.data()));
  }
  GatherSpec spec_;
  Buffer scale_, offset_;
};

}  // namespace

std::unique_ptr<Gather> make_on(Cuda& cuda, const GatherSpec& spec) {
  verify(spec);
  if (spec.from == spec.to && spec.scale.empty() && spec.offset.empty()) return std::make_unique<CopyRows>(spec);
  return with_float_on_cuda("gather", spec.to, [&]<class To>(To) -> std::unique_ptr<Gather> {
    if (spec.from == DType::u8) return std::make_unique<ConvertRows<std::uint8_t, To>>(cuda, spec);
    if (spec.from == DType::f32) return std::make_unique<ConvertRows<float, To>>(cuda, spec);
    if (spec.from == DType::f64) return std::make_unique<ConvertRows<double, To>>(cuda, spec);
    unsupported_on_cuda("gather", spec.from);
  });
}

}  // namespace lehr
