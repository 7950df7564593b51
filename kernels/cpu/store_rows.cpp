#include "kernels/store_rows.h"

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

template <class T, class Convert>
void store_all(const Cpu& cpu, const StoreRowsSpec& s, const StepCounters* counters, T* y, std::int64_t rows, const Convert& at) {
  for_chunks(cpu, s.batch, row_chunk(s.elements), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T* to = y + (counters->sample + i) % rows * s.elements;
      for (std::int64_t e = 0; e < s.elements; ++e) to[e] = at(i * s.elements + e);
    }
  });
}

class CpuStoreRows final : public StoreRows {
 public:
  CpuStoreRows(const Cpu& cpu, const StoreRowsSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const std::int64_t rows = static_cast<std::int64_t>(y.count) / s_.elements;
    if (s_.from == DType::i32)
      store_all(cpu_, s_, counters, y.as<std::int32_t>(), rows, [from = x.as<std::int32_t>()](std::int64_t i) { return from[i]; });
    else if (s_.from == DType::bf16)
      store_all(cpu_, s_, counters, y.as<float>(), rows, [from = x.as<bf16>()](std::int64_t i) { return load(from, i); });
    else
      store_all(cpu_, s_, counters, y.as<float>(), rows, [from = x.as<float>()](std::int64_t i) { return from[i]; });
  }

 private:
  const Cpu& cpu_;
  StoreRowsSpec s_;
};

}  // namespace

std::unique_ptr<StoreRows> make_on(Cpu& cpu, const StoreRowsSpec& spec) {
  if (spec.from != DType::f32 && spec.from != DType::bf16 && spec.from != DType::i32) unsupported("store rows", spec.from);
  return std::make_unique<CpuStoreRows>(cpu, spec);
}

}  // namespace lehr
