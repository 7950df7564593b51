#include "kernels/gather.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

/// scale and offset of every element of a run of pixels, so that a loop over a row needs no channel arithmetic.
struct Pattern {
  std::vector<double> scale, offset;
};

Pattern pattern_of(const GatherSpec& spec) {
  const auto at = [](const std::vector<double>& v, std::int64_t c, double otherwise) {
    return v.empty() ? otherwise : v[v.size() == 1 ? 0 : static_cast<std::size_t>(c)];
  };
  const std::int64_t pixels = (512 + spec.channels - 1) / spec.channels;
  Pattern p;
  for (std::int64_t i = 0; i < pixels * spec.channels; ++i) {
    p.scale.push_back(at(spec.scale, i % spec.channels, 1.0));
    p.offset.push_back(at(spec.offset, i % spec.channels, 0.0));
  }
  return p;
}

template <class From, class To>
LEHR_SIMD void convert(const From* x, To* y, std::int64_t n, const double* scale, const double* offset, std::int64_t period) {
  for (std::int64_t begin = 0; begin < n; begin += period) {
    const std::int64_t length = std::min(period, n - begin);
    const From* from = x + begin;
    To* to = y + begin;
#pragma omp simd
    for (std::int64_t i = 0; i < length; ++i) store(to, i, static_cast<float>(static_cast<double>(from[i]) * scale[i] + offset[i]));
  }
}

template <class From, class To>
LEHR_SIMD void convert_reversed(const From* x, To* y, std::int64_t n, const double* scale, const double* offset, std::int64_t channels) {
  for (std::int64_t begin = 0; begin < n; begin += channels)
    for (std::int64_t c = 0; c < channels; ++c)
      store(y + begin, c, static_cast<float>(static_cast<double>(x[begin + channels - 1 - c]) * scale[c] + offset[c]));
}

void copy_row(const std::byte* x, std::byte* y, const GatherSpec& spec) {
  const auto size = static_cast<std::int64_t>(size_of(spec.from));
  if (!spec.bgr) {
    std::memcpy(y, x, static_cast<std::size_t>(spec.elements * size));
    return;
  }
  for (std::int64_t i = 0; i < spec.elements; i += spec.channels)
    for (std::int64_t c = 0; c < spec.channels; ++c)
      std::memcpy(y + (i + c) * size, x + (i + spec.channels - 1 - c) * size, static_cast<std::size_t>(size));
}

/// Calls row(source row, row of the batch) for the whole batch.
template <class Row>
void for_rows(const Cpu& cpu, const GatherSpec& spec, ConstView permutation, const StepCounters* counters, const Row& row) {
  const std::int64_t first = counters == nullptr ? 0 : counters->sample;
  const auto* order = permutation.as<std::int32_t>();
  for_chunks(cpu, spec.batch, row_chunk(spec.elements), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) row(order == nullptr ? first + i : std::int64_t{order[first + i]}, i);
  });
}

class CopyRows final : public Gather {
 public:
  CopyRows(const Cpu& cpu, GatherSpec spec) : cpu_(cpu), spec_(std::move(spec)) {}
  void run(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream&) override {
    const auto* from = static_cast<const std::byte*>(x.data);
    auto* to = static_cast<std::byte*>(y.data);
    const std::int64_t bytes = spec_.elements * static_cast<std::int64_t>(size_of(spec_.from));
    for_rows(cpu_, spec_, permutation, counters,
             [&](std::int64_t source, std::int64_t i) { copy_row(from + source * bytes, to + i * bytes, spec_); });
  }

 private:
  const Cpu& cpu_;
  GatherSpec spec_;
};

template <class From, class To>
class ConvertRows final : public Gather {
 public:
  ConvertRows(const Cpu& cpu, const GatherSpec& spec) : cpu_(cpu), spec_(spec), pattern_(pattern_of(spec)) {}
  void run(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream&) override {
    const From* from = x.as<From>();
    To* to = y.as<To>();
    const std::int64_t n = spec_.elements;
    const auto period = static_cast<std::int64_t>(pattern_.scale.size());
    for_rows(cpu_, spec_, permutation, counters, [&](std::int64_t source, std::int64_t i) {
      if (spec_.bgr)
        convert_reversed(from + source * n, to + i * n, n, pattern_.scale.data(), pattern_.offset.data(), spec_.channels);
      else
        convert(from + source * n, to + i * n, n, pattern_.scale.data(), pattern_.offset.data(), period);
    });
  }

 private:
  const Cpu& cpu_;
  GatherSpec spec_;
  Pattern pattern_;
};

}  // namespace

std::unique_ptr<Gather> make_on(Cpu& cpu, const GatherSpec& spec) {
  verify(spec);
  if (spec.from == spec.to && spec.scale.empty() && spec.offset.empty()) return std::make_unique<CopyRows>(cpu, spec);
  return with_float("gather", spec.to, [&]<class To>(To) -> std::unique_ptr<Gather> {
    if (spec.from == DType::u8) return std::make_unique<ConvertRows<std::uint8_t, To>>(cpu, spec);
    if (spec.from == DType::f32) return std::make_unique<ConvertRows<float, To>>(cpu, spec);
    if (spec.from == DType::f64) return std::make_unique<ConvertRows<double, To>>(cpu, spec);
    unsupported("gather", spec.from);
  });
}

}  // namespace lehr
