#include "kernels/fill.h"

#include <cmath>
#include <numbers>

#include "kernels/cpu/parallel.h"

namespace lehr {

namespace {

// Box-Muller from words 2i and 2i+1: u in (0, 1], so that the logarithm is finite.
double normal_at(RandomKey key, std::uint64_t step, std::uint64_t i) {
  const double u = 1.0 - static_cast<double>(uniform01(random_word(key, step, 2 * i)));
  const double v = static_cast<double>(uniform01(random_word(key, step, 2 * i + 1)));
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

double truncated_normal_at(RandomKey key, std::uint64_t i) {
  for (std::uint64_t step = 0; step < 64; ++step)
    if (const double z = normal_at(key, step, i); std::abs(z) <= 2) return z;
  return 0;  // probability 1e-86
}

class CpuFill final : public Fill {
 public:
  CpuFill(const Cpu& cpu, FillSpec spec) : cpu_(cpu), spec_(spec) {}
  void run(View y, Stream&) override {
    auto* out = y.as<float>();
    for_chunks(cpu_, spec_.count, 4096, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = value(static_cast<std::uint64_t>(i));
    });
  }

 private:
  float value(std::uint64_t i) const {
    switch (spec_.distribution) {
      case Distribution::constant:
        return static_cast<float>(spec_.a);
      case Distribution::uniform:
        return static_cast<float>(spec_.a + (spec_.b - spec_.a) * static_cast<double>(uniform01(random_word(spec_.key, 0, i))));
      case Distribution::normal:
        return static_cast<float>(spec_.a + spec_.b * normal_at(spec_.key, 0, i));
      default:
        return static_cast<float>(spec_.a + spec_.b * truncated_normal_at(spec_.key, i));
    }
  }
  const Cpu& cpu_;
  FillSpec spec_;
};

}  // namespace

std::unique_ptr<Fill> make_on(Cpu& cpu, const FillSpec& spec) { return std::make_unique<CpuFill>(cpu, spec); }

}  // namespace lehr
