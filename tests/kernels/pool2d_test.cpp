#include "kernels/pool2d.h"

#include "kernels/error.h"
#include "kernels/reference/pool2d.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("pooling: every problem agrees with float64") { check::family("pool2d"); }

TEST_CASE("pooling: the references' gradients are those of their values") {
  const Pool2dShape shapes[] = {
      {.batch = 2, .height = 5, .width = 4, .channels = 3},
      {.batch = 1, .height = 6, .width = 6, .channels = 2, .kernel_h = 3, .stride_h = 1, .pad_top = 2, .pad_left = 1},
      {.batch = 1, .height = 5, .width = 3, .channels = 2, .kernel_h = 5, .kernel_w = 3}};
  for (const Pool2dShape& s : shapes)
    for (const Pooling pooling : {Pooling::max, Pooling::average}) {
      const auto x = check::uniform(static_cast<std::size_t>(s.batch * s.height * s.width * s.channels), 1);
      const auto dy = check::uniform(reference::pool2d(s, pooling, x).y.value.size(), 2);
      check::gradient(
          "pooling", [&](const auto& at) { return check::dot(reference::pool2d(s, pooling, at).y.value, dy); }, x,
          reference::pool2d_backward(s, pooling, x, dy).value);
    }
}

TEST_CASE("pooling: of equal values the first wins, also among padding") {
  Cpu cpu(1);
  for (const std::int64_t pad : {0, 1}) {
    const Pool2dShape s{
        .batch = 1, .height = 4, .width = 4, .channels = 17, .pad_top = pad, .pad_bottom = pad, .pad_left = pad, .pad_right = pad};
    const std::int64_t outputs = s.out_height() * s.out_width() * s.channels;
    check::Guarded x(cpu, DType::f32, 16 * 17), y(cpu, DType::f32, static_cast<std::size_t>(outputs)),
        index(cpu, DType::u8, static_cast<std::size_t>(outputs));
    x.assign(std::vector<double>(16 * 17, -3));
    make(Pool2dForwardSpec{.shape = s, .index = true}, cpu)->run(x, y, index, cpu.stream());
    CHECK(y.values() == std::vector<double>(static_cast<std::size_t>(outputs), -3));
    CHECK(index.values()[0] == (pad == 0 ? 0 : 3));
    CHECK(index.values()[static_cast<std::size_t>(outputs) - 1] == 0);
  }
}

TEST_CASE("pooling: windows that make no sense are refused") {
  Cpu cpu(1);
  const auto refused = [&](const Pool2dShape& s) {
    CHECK_THROWS_AS(make(Pool2dForwardSpec{.shape = s}, cpu), Error);
    CHECK_THROWS_AS(make(Pool2dBackwardSpec{.shape = s}, cpu), Error);
  };
  refused({.height = 20, .width = 20, .kernel_h = 16, .kernel_w = 16});
  refused({.height = 2, .width = 2, .stride_h = 0});
  refused({.height = 1, .width = 4});
  refused({.height = 4, .width = 4, .pad_left = 2});
  CHECK_THROWS_AS(make(Pool2dForwardSpec{.shape = {.height = 2, .width = 2}, .dtype = DType::i32}, cpu), Error);
  CHECK_THROWS_AS(make(GlobalPool2dSpec{.dtype = DType::u8}, cpu), Error);
}

}  // namespace lehr
