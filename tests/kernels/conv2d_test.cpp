#include "kernels/conv2d.h"

#include "kernels/cpu.h"
#include "kernels/error.h"
#include "kernels/make.h"
#include "kernels/problems/conv2d.h"
#include "tests/check/op.h"
#include "tests/reference/conv2d.h"

namespace lehr {
namespace {

using check::Guarded;

std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }
double length(std::int64_t n) { return static_cast<double>(n); }

/// What the kernel computes with: under bf16 the weights are rounded when they are packed.
std::vector<double> rounded(std::vector<double> values, DType dtype) {
  if (dtype == DType::bf16)
    for (double& v : values) v = static_cast<double>(static_cast<float>(bf16(static_cast<float>(v))));
  return values;
}

/// Runs twice into fresh memory: guards, same bits, and the float64 result.
template <class Run>
void check_twice(const std::string& name, Guarded& out, const Guarded& workspace, DType dtype, double terms, const reference::Sums& want,
                 const Run& run) {
  run();
  check::report(name, check::compare(out.values(), want.value, [&](std::size_t i) {
                  return check::tolerance(dtype, terms, want.magnitude[i] + 1e-3, want.value[i]);
                }));
  CHECK(out.guards_intact());
  CHECK(workspace.guards_intact());
  const auto first = out.bytes();
  out.clear();
  run();
  CHECK(out.bytes() == first);
}

struct Case {
  Cpu& cpu;
  Conv2dForwardSpec spec;
  check::Input x, w, dy;

  Case(Cpu& on, const Conv2dForwardSpec& s)
      : cpu(on),
        spec(s),
        x(check::random_input(on, s.dtype, count(reference::input_count(s.shape)), 1)),
        w(check::random_input(on, s.weights, count(reference::weight_count(s.shape)), 2)),
        dy(check::random_input(on, s.dtype, count(reference::output_count(s.shape)), 3)) {}

  template <class Op>
  Guarded packed_weights(Op& op) {
    Guarded packed(cpu, DType::u8, op.packed_bytes());
    if (op.packed_bytes() != 0) op.pack(w.buffer, packed, cpu.stream());
    CHECK(packed.guards_intact());
    return packed;
  }

  void forward() {
    const Conv2dShape& s = spec.shape;
    const auto op = make(spec, cpu);
    const auto bias = check::random_input(cpu, DType::f32, spec.bias ? count(s.out_channels) : 0, 4);
    const Guarded packed = packed_weights(*op), workspace(cpu, DType::u8, op->workspace_bytes());
    Guarded y(cpu, spec.dtype, dy.buffer.count());
    const auto want = reference::conv2d(s, spec.activation, x.values, rounded(w.values, spec.dtype), bias.values);
    check_twice("forward", y, workspace, spec.dtype, length(s.kernel_h * s.kernel_w * s.in_channels + 1), want,
                [&] { op->run(x.buffer, packed.count() == 0 ? w.buffer.view() : packed.view(), bias.buffer, y, workspace, cpu.stream()); });
  }

  void backward_data() {
    const Conv2dShape& s = spec.shape;
    const auto op = make(Conv2dBackwardDataSpec{.shape = s, .dtype = spec.dtype, .weights = spec.weights, .variant = spec.variant}, cpu);
    const Guarded packed = packed_weights(*op), workspace(cpu, DType::u8, op->workspace_bytes());
    Guarded dx(cpu, spec.dtype, x.buffer.count());
    const auto want = reference::conv2d_backward_data(s, dy.values, rounded(w.values, spec.dtype));
    check_twice("d_input", dx, workspace, spec.dtype, length(s.kernel_h * s.kernel_w * s.out_channels), want,
                [&] { op->run(dy.buffer, packed.count() == 0 ? w.buffer.view() : packed.view(), dx, workspace, cpu.stream()); });
  }

  void backward_weights() {
    const Conv2dShape& s = spec.shape;
    const auto op = make(Conv2dBackwardWeightsSpec{.shape = s, .dtype = spec.dtype, .bias = spec.bias, .variant = spec.variant}, cpu);
    Guarded packed(cpu, DType::f32, op->packed_bytes() / sizeof(float)), dw(cpu, DType::f32, w.buffer.count());
    Guarded db(cpu, DType::f32, spec.bias ? count(s.out_channels) : 0);
    const Guarded workspace(cpu, DType::u8, op->workspace_bytes());
    const double terms = length(s.batch * s.out_height() * s.out_width());
    const auto run = [&] {
      op->run(x.buffer, dy.buffer, packed.count() == 0 ? dw.view() : packed.view(), db, workspace, cpu.stream());
      if (packed.count() != 0) op->unpack(packed, dw, cpu.stream());
    };
    check_twice("d_weights", dw, workspace, DType::f32, terms, reference::conv2d_backward_weights(s, x.values, dy.values), run);
    CHECK(packed.guards_intact());
    if (spec.bias) check_twice("d_bias", db, workspace, DType::f32, terms, reference::conv2d_backward_bias(s, dy.values), run);
  }
};

}  // namespace

TEST_CASE("conv2d: every variant and pass agrees with float64") {
  Cpu cpu(2);
  for (const char* file : {"small", "tails"})
    for (const Problem& problem : read_problems(std::string(LEHR_TESTS_DIR) + "/problems/conv2d/" + file + ".txt"))
      for (const Variant variant : {Variant::automatic, Variant::library, Variant::ours})
        for (const DType dtype : {DType::f32, DType::bf16}) {
          if (!available(cpu, variant)) continue;
          Conv2dForwardSpec s = conv2d_problem(problem);
          s.variant = variant;
          s.dtype = dtype;
          const std::string name = problem.text() + " " + std::string(name_of(variant)) + " " + std::string(name_of(dtype));
          CAPTURE(name);
          Case on(cpu, s);
          on.forward();
          on.backward_data();
          on.backward_weights();
        }
}

TEST_CASE("conv2d: weights stored as bfloat16") {
  Cpu cpu(2);
  for (const Variant variant : {Variant::automatic, Variant::ours}) {
    const Conv2dShape shape{.batch = 2, .height = 6, .width = 6, .in_channels = 8, .out_channels = 16, .kernel_h = 3, .kernel_w = 3};
    Case on(cpu, {.shape = shape, .dtype = DType::bf16, .weights = DType::bf16, .variant = variant});
    on.forward();
    on.backward_data();
  }
}

TEST_CASE("conv2d: the bits of our own kernels do not depend on the number of threads") {
  std::vector<unsigned char> first_y, first_dw;
  for (const int threads : {1, 2, 3}) {
    Cpu cpu(threads);
    const Conv2dShape s{.batch = 5, .height = 40, .width = 40, .in_channels = 7, .out_channels = 19, .kernel_h = 3, .kernel_w = 3};
    Case on(cpu, {.shape = s, .bias = false, .variant = Variant::ours});
    const auto forward = make(on.spec, cpu);
    const auto backward = make(Conv2dBackwardWeightsSpec{.shape = s, .bias = false, .variant = Variant::ours}, cpu);
    const Guarded y(cpu, DType::f32, on.dy.buffer.count()), dw(cpu, DType::f32, on.w.buffer.count());
    const Guarded workspace(cpu, DType::u8, std::max(forward->workspace_bytes(), backward->workspace_bytes()));
    forward->run(on.x.buffer, on.w.buffer, {}, y, workspace, cpu.stream());
    backward->run(on.x.buffer, on.dy.buffer, dw, {}, workspace, cpu.stream());
    if (first_y.empty()) {
      first_y = y.bytes();
      first_dw = dw.bytes();
    }
    CHECK(y.bytes() == first_y);
    CHECK(dw.bytes() == first_dw);
  }
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
