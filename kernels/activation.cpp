#include "kernels/activation.h"

#include "kernels/error.h"

#include <array>
#include <utility>

namespace lehr {
namespace {

constexpr std::array<std::pair<std::string_view, Activation>, 19> names{{
    {"linear", Activation::linear},
    {"relu", Activation::relu},
    {"relu6", Activation::relu6},
    {"leaky_relu", Activation::leaky_relu},
    {"elu", Activation::elu},
    {"selu", Activation::selu},
    {"sigmoid", Activation::sigmoid},
    {"tanh", Activation::tanh},
    {"softplus", Activation::softplus},
    {"softsign", Activation::softsign},
    {"log_sigmoid", Activation::log_sigmoid},
    {"silu", Activation::silu},
    {"gelu", Activation::gelu},
    {"hard_sigmoid", Activation::hard_sigmoid},
    {"hard_silu", Activation::hard_silu},
    {"mish", Activation::mish},
    {"exponential", Activation::exponential},
    {"softmax", Activation::softmax},
    {"log_softmax", Activation::log_softmax},
}};

}  // namespace

std::string_view name_of(Activation activation) {
  for (const auto& [name, a] : names)
    if (a == activation) return name;
  return "linear";
}

std::optional<Activation> activation_of(std::string_view name) {
  for (const auto& [n, a] : names)
    if (n == name) return a;
  if (name == "none") return Activation::linear;
  if (name == "swish") return Activation::silu;
  if (name == "hard_swish") return Activation::hard_silu;
  return std::nullopt;
}

bool gradient_from_output(Activation activation) {
  switch (activation) {
    case Activation::softplus:     // 1 - e^-y cancels where y is small
    case Activation::log_sigmoid:  // as 1 - e^y does
    case Activation::silu:
    case Activation::gelu:
    case Activation::hard_silu:
    case Activation::mish:
      return false;
    default:
      return true;
  }
}

/// As Keras: a negative slope, cap or threshold would make the gradient ambiguous in y.
void verify(const ActivationSpec& spec) {
  const bool relu = spec.activation == Activation::relu || spec.activation == Activation::leaky_relu;
  if (relu && (spec.alpha < 0 || spec.threshold < 0))
    throw Error({.category = Category::usage,
                 .where = std::string(name_of(spec.activation)),
                 .what = "slope and threshold cannot be negative",
                 .expected = "0 or more",
                 .got = std::to_string(spec.alpha) + " and " + std::to_string(spec.threshold)});
}

void verify(const BiasActivationBackwardSpec& spec) {
  const Activation a = spec.forward.activation;
  if (!gradient_from_output(a) || a == Activation::softmax || a == Activation::log_softmax)
    throw Error({.where = "bias and activation gradient",
                 .what = "the gradient of " + std::string(name_of(a)) + " is not a function of one output"});
}

}  // namespace lehr
