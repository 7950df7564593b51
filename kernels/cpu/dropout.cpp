#include "kernels/dropout.h"

#include "kernels/cpu/element.h"
#include "kernels/cpu/random.h"

namespace lehr {
namespace {

/// `begin` is a multiple of 4. Keeping is decided on the word's upper 24 bits: u >= rate.
template <class T>
LEHR_SIMD void drop(const T* x, T* y, std::int64_t begin, std::int64_t end, RandomKey key, std::uint64_t step, float rate, float scale) {
  std::uint32_t words[word_run];
  for (std::int64_t at = begin; at < end; at += word_run) {
    random_words(key, step, at, words);
    const std::int64_t n = std::min(word_run, end - at);
    const T* from = x + at;
    T* to = y + at;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) store(to, i, uniform01(words[i]) >= rate ? load(from, i) * scale : 0.0F);
  }
}

template <class T>
class CpuDropout final : public DropoutMask {
 public:
  CpuDropout(const Cpu& cpu, const DropoutSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const auto step = static_cast<std::uint64_t>(counters->step);
    const float scale = spec_.rate < 1 ? 1.0F / (1.0F - spec_.rate) : 0.0F;
    for_chunks(cpu_, spec_.count, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      drop(x.as<T>(), y.as<T>(), begin, end, spec_.key, step, spec_.rate, scale);
    });
  }

 private:
  const Cpu& cpu_;
  DropoutSpec spec_;
};

}  // namespace

std::unique_ptr<DropoutMask> make_on(Cpu& cpu, const DropoutSpec& spec) {
  verify(spec);
  return with_float("dropout", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<DropoutMask> { return std::make_unique<CpuDropout<T>>(cpu, spec); });
}

}  // namespace lehr
