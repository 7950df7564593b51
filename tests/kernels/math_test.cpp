#include "kernels/fast_math.h"

#include <bit>
#include <functional>

#include "kernels/cpu/parallel.h"
#include "tests/check/op.h"

namespace lehr {
namespace {

/// In the vectors of this machine and with its fused multiply-add, as kernels call them.
template <class F>
LEHR_SIMD void apply(const float* x, float* y, std::int64_t n, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

/// The same as every x86-64 computes it, product and sum rounded one after the other.
template <class F>
void apply_plainly(const float* x, float* y, std::int64_t n, F f) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

/// Distance to the next float32 above |x|; float32's smallest number below that.
double ulp(double x) { return std::ldexp(1.0, std::max(std::ilogb(std::abs(x) + 1e-300), -126) - 23); }

struct Range {
  float low = 0, high = 0;
};

/// Floats between low and high: every `stride`th of all there are, so that every binade counts alike.
std::vector<float> floats(Range r, std::uint32_t stride) {
  std::vector<float> x;
  for (const bool negative : {true, false})
    for (std::uint32_t bits = negative ? 1 : 0; bits < 0x7f800000U; bits += stride) {
      const auto v = std::bit_cast<float>(bits | (negative ? 0x80000000U : 0U));
      if (v >= r.low && v <= r.high) x.push_back(v);
    }
  x.push_back(r.low);
  x.push_back(r.high);
  return x;
}

struct Error {
  double ulps = 0;
  float at = 0;
};
template <class F>
Error error_of(F f, const std::function<double(double)>& truth, Range range) {
  const auto x = floats(range, 4099);
  std::vector<float> fused(x.size()), plain(x.size());
  const auto n = static_cast<std::int64_t>(x.size());
  apply(x.data(), fused.data(), n, f);
  apply_plainly(x.data(), plain.data(), n, f);
  Error worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = truth(static_cast<double>(x[i]));
    for (const float y : {fused[i], plain[i]}) {
      const double error = std::abs(static_cast<double>(y) - want);
      if (!(error / ulp(want) <= worst.ulps)) worst = {error / ulp(want), x[i]};
    }
  }
  return worst;
}

void report(const std::string& name, const Error& e, double allowed) {
  MESSAGE(name, ": at most ", e.ulps, " units in the last place, at ", e.at);
  CHECK(e.ulps <= allowed);
}

}  // namespace

TEST_CASE("math: errors in units of the last place") {
  constexpr float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::min();
  report("exp", error_of([](float x) { return fast::exp(x); }, [](double x) { return std::exp(x); }, {-87, 88.7F}), 1.25);
  report("exp, denormal results", error_of([](float x) { return fast::exp(x); }, [](double x) { return std::exp(x); }, {-103.9F, -87}),
         1.25);
  report("log", error_of([](float x) { return fast::log(x); }, [](double x) { return std::log(x); }, {least, most}), 1);
  report("log, denormal arguments", error_of([](float x) { return fast::log(x); }, [](double x) { return std::log(x); }, {1e-45F, least}),
         1);
  report("log1p", error_of([](float x) { return fast::log1p(x); }, [](double x) { return std::log1p(x); }, {-0.999F, most}), 3);
  report("sigmoid", error_of([](float x) { return fast::sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); }, {-87, most}), 3);
  report("softplus",
         error_of([](float x) { return fast::softplus(x); }, [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); },
                  {-87, most}),
         3);
  report("tanh", error_of([](float x) { return fast::tanh(x); }, [](double x) { return std::tanh(x); }, {-most, most}), 1.5);
  report("erf", error_of([](float x) { return fast::erf(x); }, [](double x) { return std::erf(x); }, {-most, most}), 1.25);
}

}  // namespace lehr
