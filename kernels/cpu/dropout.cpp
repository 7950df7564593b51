#include "kernels/dropout.h"

#include "kernels/cpu/element.h"

namespace lehr {

namespace {

// Four elements share one Philox block; keeping is decided on the word's upper 24 bits: u >= rate.
template <class T>
void drop(const T* x, T* y, std::int64_t begin, std::int64_t end, RandomKey key, std::uint64_t step, float rate, float scale) {
  for (std::int64_t i = begin; i < end; i += 4) {
    const Philox4 block = random_block(key, step, static_cast<std::uint64_t>(i) / 4);
    const std::int64_t n = end - i < 4 ? end - i : 4;
    for (std::int64_t j = 0; j < n; ++j) store(y, i + j, uniform01(block.v[j]) >= rate ? load(x, i + j) * scale : 0.0F);
  }
}
LEHR_SIMD void drop_f32(const float* x, float* y, std::int64_t b, std::int64_t e, RandomKey key, std::uint64_t step, float rate,
                        float scale) {
  drop(x, y, b, e, key, step, rate, scale);
}
LEHR_SIMD void drop_bf16(const bf16* x, bf16* y, std::int64_t b, std::int64_t e, RandomKey key, std::uint64_t step, float rate,
                         float scale) {
  drop(x, y, b, e, key, step, rate, scale);
}

class CpuDropout final : public DropoutMask {
 public:
  CpuDropout(const Cpu& cpu, const DropoutSpec& spec) : cpu_(cpu), spec_(spec) {
    if (spec.dtype != DType::f32 && spec.dtype != DType::bf16) unsupported("dropout", spec.dtype);
  }
  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const auto step = static_cast<std::uint64_t>(counters->step);
    const float scale = spec_.rate < 1 ? 1.0F / (1.0F - spec_.rate) : 0.0F;
    for_chunks(cpu_, spec_.count, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      if (spec_.dtype == DType::f32)
        drop_f32(x.as<float>(), y.as<float>(), begin, end, spec_.key, step, spec_.rate, scale);
      else
        drop_bf16(x.as<bf16>(), y.as<bf16>(), begin, end, spec_.key, step, spec_.rate, scale);
    });
  }

 private:
  const Cpu& cpu_;
  DropoutSpec spec_;
};

}  // namespace

std::unique_ptr<DropoutMask> make_on(Cpu& cpu, const DropoutSpec& spec) { return std::make_unique<CpuDropout>(cpu, spec); }

}  // namespace lehr
