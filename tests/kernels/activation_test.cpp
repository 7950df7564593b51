#include "kernels/activation.h"

#include "kernels/error.h"
#include "kernels/reference/activation.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

std::vector<double> forward(Backend& b, const ActivationSpec& spec, const std::vector<double>& x) {
  Guarded in(b, spec.dtype, x.size());
  const Guarded out(b, spec.dtype, x.size());
  in.assign(x);
  make(spec, b)->run(in, out, b.stream());
  return out.values();
}

}  // namespace

TEST_CASE("activation: every problem agrees with float64") { check::family("activation"); }

TEST_CASE("activation: the references' softmax gradients are those of their values") {
  for (const Activation a : {Activation::softmax, Activation::log_softmax}) {
    const ActivationSpec spec{.activation = a, .rows = 3, .channels = 5};
    const auto x = check::uniform(15, 1), dy = check::uniform(15, 2);
    check::gradient(
        "softmax", [&](const auto& at) { return check::dot(reference::activation(spec, at), dy); }, x,
        reference::activation_backward(spec, x, dy));
  }
}

TEST_CASE("activation: large, infinite and NaN inputs") {
  Cpu cpu(1);
  const double inf = std::numeric_limits<double>::infinity();
  const auto of = [&](Activation a, double x) { return forward(cpu, {.activation = a, .rows = 1, .channels = 1}, {x})[0]; };
  CHECK(of(Activation::sigmoid, -200) == 0);
  CHECK(of(Activation::sigmoid, 200) == 1);
  CHECK(of(Activation::tanh, -200) == -1);
  CHECK(of(Activation::tanh, inf) == 1);
  CHECK(of(Activation::softplus, 1000) == 1000);
  CHECK(of(Activation::softplus, -1000) == 0);
  CHECK(of(Activation::exponential, 1000) == inf);
  CHECK(of(Activation::relu6, -inf) == 0);
  CHECK(of(Activation::relu6, inf) == 6);
  for (int a = 0; a <= static_cast<int>(Activation::log_softmax); ++a) CHECK(std::isnan(of(static_cast<Activation>(a), std::nan(""))));
  const auto p = forward(cpu, {.activation = Activation::softmax, .rows = 1, .channels = 3}, {1000, 1000, -1000});
  CHECK(p == std::vector<double>{0.5, 0.5, 0});
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
