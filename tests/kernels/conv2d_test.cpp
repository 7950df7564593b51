#include "kernels/conv2d.h"

#include "kernels/error.h"
#include "kernels/reference/conv2d.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("conv2d: every variant and pass agrees with float64") { check::family("conv2d"); }

TEST_CASE("conv2d: the references' gradients are those of their values") {
  const Conv2dShape s{.batch = 2,
                      .height = 4,
                      .width = 5,
                      .in_channels = 4,
                      .out_channels = 2,
                      .kernel_h = 2,
                      .kernel_w = 3,
                      .stride_w = 2,
                      .dilation_h = 2,
                      .groups = 2,
                      .pad_top = 1,
                      .pad_left = 1};
  const auto x = check::uniform(static_cast<std::size_t>(reference::input_count(s)), 1),
             w = check::uniform(static_cast<std::size_t>(reference::weight_count(s)), 2), b = check::uniform(2, 3),
             dy = check::uniform(static_cast<std::size_t>(reference::output_count(s)), 4);
  const auto objective = [&](const std::vector<double>& input, const std::vector<double>& weights, const std::vector<double>& bias) {
    return check::dot(reference::conv2d(s, Activation::linear, input, weights, bias).value, dy);
  };
  check::gradient("d x", [&](const auto& at) { return objective(at, w, b); }, x, reference::conv2d_backward_data(s, dy, w).value);
  check::gradient("d w", [&](const auto& at) { return objective(x, at, b); }, w, reference::conv2d_backward_weights(s, x, dy).value);
  check::gradient("d b", [&](const auto& at) { return objective(x, w, at); }, b, reference::conv2d_backward_bias(s, dy).value);
}

TEST_CASE("conv2d: problems that make no sense are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(Conv2dForwardSpec{.shape = {.in_channels = 3, .groups = 2}}, cpu), Error);
  CHECK_THROWS_AS(make(Conv2dForwardSpec{.shape = {.height = 2, .width = 2, .kernel_h = 3}}, cpu), Error);
  CHECK_THROWS_AS(make(Conv2dForwardSpec{.shape = {.stride_h = 0}}, cpu), Error);
  CHECK_THROWS_AS(make(Conv2dForwardSpec{.activation = Activation::softmax}, cpu), Error);
  CHECK_THROWS_AS(make(Conv2dBackwardDataSpec{.dtype = DType::i32}, cpu), Error);
}

}  // namespace lehr
