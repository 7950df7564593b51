#include "kernels/activation.h"

#include "kernels/error.h"
#include "kernels/reference/activation.h"
#include "tests/check/element.h"

using namespace lehr;
using check::Guarded;

namespace {

std::vector<ActivationSpec> cases() {
  std::vector<ActivationSpec> all;
  for (int a = 0; a <= static_cast<int>(Activation::log_softmax); ++a) all.push_back({.activation = static_cast<Activation>(a)});
  for (auto& s : all)
    if (s.activation == Activation::elu || s.activation == Activation::leaky_relu) s.alpha = 0.3F;
  all.push_back({.activation = Activation::relu, .alpha = 0.25F, .max_value = 1.5F, .threshold = 0.5F});
  all.push_back({.activation = Activation::relu, .max_value = 1});
  all.push_back({.activation = Activation::gelu, .approximate = true});
  return all;
}

/// Away from kinks: no kink of the cases above is within 1/64 of an odd multiple of 1/16, and their lattice has no ties in bf16.
std::vector<double> inputs(std::size_t n) {
  auto x = check::uniform(n, 3, -40, 40);
  for (double& v : x) v = (std::floor(v) * 2 + 1) / 16;
  return x;
}

Guarded forward(Backend& b, const ActivationSpec& spec, const std::vector<double>& x, bool in_place) {
  Guarded in(b, spec.dtype, x.size()), out(b, spec.dtype, x.size());
  in.assign(x);
  if (in_place) out.assign(x);
  make(spec, b)->run(in_place ? out : in, out, b.stream());
  return out;
}

Guarded backward(Backend& b, const ActivationSpec& spec, const std::vector<double>& x, const std::vector<double>& y,
                 const std::vector<double>& dy, bool in_place) {
  Guarded in(b, spec.dtype, x.size()), out(b, spec.dtype, x.size()), d_out(b, spec.dtype, x.size()), d_in(b, spec.dtype, x.size());
  in.assign(x), out.assign(y), d_out.assign(dy);
  if (in_place) d_in.assign(dy);
  const bool from_output = gradient_from_output(spec.activation);
  make(ActivationBackwardSpec{spec}, b)
      ->run(from_output ? ConstView{} : in, from_output ? out : ConstView{}, in_place ? d_in : d_out, d_in, b.stream());
  return d_in;
}

std::vector<double> rounded(DType dtype, const std::vector<double>& values) {
  Cpu cpu(1);
  return Guarded(cpu, dtype, values.size()).assign(values);
}

}  // namespace

TEST_CASE("activation: values agree with float64") {
  for (ActivationSpec spec : cases())
    for (spec.dtype = DType::f32;; spec.dtype = DType::bf16) {
      for (const auto& [rows, channels] :
           std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {1, 33}, {7, 62}, {3, 10}, {130, 320}}) {
        spec.rows = rows, spec.channels = channels;
        const auto x = inputs(static_cast<std::size_t>(rows * channels));
        const std::string what = std::string("activation ") + std::string(name_of(spec.activation));
        const auto y = check::same_for_all_threads(what, [&](Backend& b) { return forward(b, spec, x, false); });
        check::agree(what, y, reference::activation(spec, x), check::rounding(spec.dtype, 4));
        Cpu cpu(2);
        CHECK(forward(cpu, spec, x, true).values() == y);
      }
      if (spec.dtype == DType::bf16) break;
    }
}

TEST_CASE("activation: gradients agree with finite differences of float64") {
  for (ActivationSpec spec : cases())
    for (spec.dtype = DType::f32;; spec.dtype = DType::bf16) {
      spec.rows = 5, spec.channels = 21;
      const auto x = inputs(105), dy = rounded(spec.dtype, check::uniform(105, 5));
      const auto y = rounded(spec.dtype, reference::activation(spec, x));
      const std::string what = std::string("gradient of ") + std::string(name_of(spec.activation));
      const auto want = check::finite_differences(
          [&](const std::vector<double>& at) {
            const auto values = reference::activation(spec, at);
            double sum = 0;
            for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * dy[i];
            return sum;
          },
          x);
      const auto dx = check::same_for_all_threads(what, [&](Backend& b) { return backward(b, spec, x, y, dy, false); });
      // From an output kept in bf16 the factor's own error is half a bf16 ulp of y.
      check::agree(what, dx, want, spec.dtype == DType::bf16 ? check::Bound{0.03, 0.008} : check::Bound{1e-5, 1e-6});
      Cpu cpu(2);
      CHECK(backward(cpu, spec, x, y, dy, true).values() == dx);
      if (spec.dtype == DType::bf16) break;
    }
}

TEST_CASE("activation: large, infinite and NaN inputs") {
  Cpu cpu(1);
  const double inf = std::numeric_limits<double>::infinity();
  const auto of = [&](Activation a, double x) { return forward(cpu, {.activation = a, .rows = 1, .channels = 1}, {x}, false).values()[0]; };
  CHECK(of(Activation::sigmoid, -200) == 0);
  CHECK(of(Activation::sigmoid, 200) == 1);
  CHECK(of(Activation::tanh, -200) == -1);
  CHECK(of(Activation::tanh, inf) == 1);
  CHECK(of(Activation::softplus, 1000) == 1000);
  CHECK(of(Activation::softplus, -1000) == 0);
  CHECK(of(Activation::exponential, 1000) == inf);
  CHECK(of(Activation::relu6, -inf) == 0);
  CHECK(of(Activation::relu6, inf) == 6);
  for (const auto& spec : cases()) CHECK(std::isnan(of(spec.activation, std::nan(""))));
  const auto p = forward(cpu, {.activation = Activation::softmax, .rows = 1, .channels = 3}, {1000, 1000, -1000}, false).values();
  CHECK(p == std::vector<double>{0.5, 0.5, 0});
}

TEST_CASE("bias and activation gradient in one pass") {
  for (const Activation a : {Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh, Activation::relu6})
    for (const DType dtype : {DType::f32, DType::bf16})
      for (const auto& [rows, channels] :
           std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {33, 3}, {5000, 3}, {17, 62}, {600, 320}, {40000, 1}, {3, 1000}}) {
        const BiasActivationBackwardSpec spec{.forward = {.activation = a, .rows = rows, .channels = channels, .dtype = dtype}};
        const auto n = static_cast<std::size_t>(rows * channels), c = static_cast<std::size_t>(channels);
        const auto y = rounded(dtype, reference::activation(spec.forward, inputs(n))), dy = rounded(dtype, check::uniform(n, 9));
        std::vector<double> dz(n), db(c), magnitude(c);
        for (std::size_t i = 0; i < n; ++i) {
          const double v = y[i];
          const double slope = a == Activation::linear    ? 1
                               : a == Activation::relu    ? (v > 0)
                               : a == Activation::relu6   ? (v > 0 && v < 6)
                               : a == Activation::sigmoid ? v * (1 - v)
                                                          : 1 - v * v;
          dz[i] = dy[i] * slope;
          db[i % c] += dz[i];
          magnitude[i % c] += std::abs(dz[i]);
        }
        const auto run = [&](Backend& b, bool bias_out) {
          Guarded in(b, dtype, n), d_out(b, dtype, n), d_in(b, dtype, n), d_bias(b, DType::f32, c);
          in.assign(y), d_out.assign(dy);
          const auto op = make(spec, b);
          Guarded workspace(b, DType::u8, op->workspace_bytes());
          op->run(in, d_out, d_in, d_bias, workspace, b.stream());
          CHECK(workspace.guards_intact());
          Guarded in_place(b, dtype, n), again(b, DType::f32, c);
          in_place.assign(dy);
          op->run(in, in_place, in_place, again, workspace, b.stream());
          CHECK(in_place.bytes() == d_in.bytes());
          CHECK(again.bytes() == d_bias.bytes());
          return bias_out ? std::move(d_bias) : std::move(d_in);
        };
        const std::string what = "bias gradient of " + std::string(name_of(a));
        check::agree(what, check::same_for_all_threads(what, [&](Backend& b) { return run(b, false); }), dz, check::rounding(dtype));
        const auto sums = check::same_for_all_threads(what, [&](Backend& b) { return run(b, true); });
        check::report(what, check::compare(sums, db, [&](std::size_t i) {
                        return check::tolerance(DType::f32, static_cast<double>(rows), magnitude[i], db[i]);
                      }));
      }
}

TEST_CASE("activation: names are Keras's") {
  for (int a = 0; a <= static_cast<int>(Activation::log_softmax); ++a)
    CHECK(activation_of(name_of(static_cast<Activation>(a))) == static_cast<Activation>(a));
  CHECK(activation_of("swish") == Activation::silu);
  CHECK(!activation_of("rleu"));
  Cpu cpu(1);
  CHECK_THROWS_AS(make(ActivationSpec{.activation = Activation::leaky_relu, .alpha = -1}, cpu), Error);
  CHECK_THROWS_AS(make(BiasActivationBackwardSpec{.forward = {.activation = Activation::gelu}}, cpu), Error);
}
