#include "kernels/fill.h"

#include <cmath>
#include <numbers>

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/random.h"

namespace lehr {
namespace {

/// Box-Muller: u in (0, 1], so that the logarithm is finite.
double normal_of(std::uint32_t first, std::uint32_t second) {
  const double u = 1.0 - static_cast<double>(uniform01(first));
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * static_cast<double>(uniform01(second)));
}

/// The draw of step 0 or, while it is outside, those of steps 1, 2, ...
double truncated(double z, RandomKey key, std::uint64_t i) {
  for (std::uint64_t step = 1; std::abs(z) > 2; ++step) z = normal_of(random_word(key, step, 2 * i), random_word(key, step, 2 * i + 1));
  return z;
}

/// `first` is a multiple of 4.
LEHR_SIMD void words_of(RandomKey key, std::int64_t first, std::uint32_t* words) { random_words(key, 0, first, words); }

LEHR_SIMD void uniform_run(float* y, std::int64_t n, const std::uint32_t* words, double low, double range) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(low + range * static_cast<double>(uniform01(words[i])));
}

class CpuFill final : public Fill {
 public:
  CpuFill(const Cpu& cpu, const FillSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(View y, Stream&) override {
    auto* out = y.as<float>();
    for_chunks(cpu_, spec_.count, 4096, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      if (spec_.distribution == Distribution::constant) {
        std::fill(out + begin, out + end, static_cast<float>(spec_.a));
        return;
      }
      const std::int64_t words_each = spec_.distribution == Distribution::uniform ? 1 : 2;
      std::uint32_t words[word_run];
      for (std::int64_t at = begin; at < end; at += word_run / words_each) {
        words_of(spec_.key, words_each * at, words);
        run_of(out, at, std::min(word_run / words_each, end - at), words);
      }
    });
  }

 private:
  void run_of(float* out, std::int64_t at, std::int64_t n, const std::uint32_t* words) const {
    if (spec_.distribution == Distribution::uniform) {
      uniform_run(out + at, n, words, spec_.a, spec_.b - spec_.a);
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      double z = normal_of(words[2 * i], words[2 * i + 1]);
      if (spec_.distribution == Distribution::truncated_normal) z = truncated(z, spec_.key, static_cast<std::uint64_t>(at + i));
      out[at + i] = static_cast<float>(spec_.a + spec_.b * z);
    }
  }
  const Cpu& cpu_;
  FillSpec spec_;
};

}  // namespace

std::unique_ptr<Fill> make_on(Cpu& cpu, const FillSpec& spec) { return std::make_unique<CpuFill>(cpu, spec); }

}  // namespace lehr
