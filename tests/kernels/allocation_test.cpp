// run() of a prepared operation allocates nothing; what oneDNN allocates for itself is its own affair.
#include "kernels/conv2d.h"
#include "kernels/cpu.h"
#include "kernels/make.h"
#include "kernels/matmul.h"
#include "tests/check/count_allocations.h"
#include "tests/check/op.h"

namespace lehr {
namespace {

template <class Run>
long allocations_of_ten(const Run& run) {
  run();  // the first run may start OpenMP's team
  return check::allocations_of([&] {
           for (int i = 0; i < 10; ++i) run();
         })
      .ours;
}

}  // namespace

TEST_CASE("conv2d, matmul: a run allocates nothing") {
  if (!check::counts_allocations) return;
  Cpu cpu(2);
  for (const Variant variant : {Variant::ours, Variant::library}) {
    if (!available(cpu, variant)) continue;
    CAPTURE(name_of(variant));
    const Conv2dShape s{.batch = 2, .height = 20, .width = 20, .in_channels = 16, .out_channels = 32, .kernel_h = 3, .kernel_w = 3};
    const auto forward = make(Conv2dForwardSpec{.shape = s, .activation = Activation::relu, .variant = variant}, cpu);
    const auto backward = make(Conv2dBackwardWeightsSpec{.shape = s, .variant = variant}, cpu);
    const auto product = make(MatmulSpec{.m = 32, .n = 70, .k = 64, .transpose_b = true, .variant = variant}, cpu);
    const auto x = check::random_input(cpu, DType::f32, 2 * 20 * 20 * 16, 1), w = check::random_input(cpu, DType::f32, 9 * 16 * 32, 2);
    const auto bias = check::random_input(cpu, DType::f32, 32, 3), dy = check::random_input(cpu, DType::f32, 2 * 18 * 18 * 32, 4);
    const check::Guarded y(cpu, DType::f32, 2 * 18 * 18 * 32), packed(cpu, DType::u8, forward->packed_bytes() + 4 * 9 * 16 * 32);
    const check::Guarded dw(cpu, DType::f32, backward->packed_bytes() / 4 + 9 * 16 * 32), c(cpu, DType::f32, 32 * 70);
    const check::Guarded workspace(cpu, DType::u8, forward->workspace_bytes() + backward->workspace_bytes() + product->workspace_bytes());
    const bool packs = forward->packed_bytes() != 0;
    const View weights = packs ? View{packed.view().data, DType::u8, forward->packed_bytes()} : w.buffer.view();
    if (packs) forward->pack(w.buffer, weights, cpu.stream());
    CHECK(allocations_of_ten([&] { forward->run(x.buffer, weights, bias.buffer, y, workspace, cpu.stream()); }) == 0);
    CHECK(allocations_of_ten([&] { backward->run(x.buffer, dy.buffer, dw, bias.buffer, workspace, cpu.stream()); }) == 0);
    CHECK(allocations_of_ten([&] { product->run(x.buffer, w.buffer, {}, c, workspace, cpu.stream()); }) == 0);
  }
}

}  // namespace lehr
