// Operator new is counted here, for the whole program: run() of a prepared operation may not call it. oneDNN allocates by itself, a few
// small blocks an execute, through operator new too; so the library's variant is allowed those few and nothing that grows.
#include <atomic>
#include <cstdlib>
#include <new>

#include "kernels/conv2d.h"
#include "kernels/cpu.h"
#include "kernels/make.h"
#include "kernels/matmul.h"
#include "tests/check/op.h"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* data = alignment <= alignof(std::max_align_t) ? std::malloc(bytes == 0 ? 1 : bytes)
                                                      : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  return data;
}

}  // namespace

void* operator new(std::size_t bytes) {
  if (void* data = counted(bytes, 0)) return data;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  if (void* data = counted(bytes, static_cast<std::size_t>(alignment))) return data;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, std::size_t, std::align_val_t) noexcept { std::free(data); }

namespace lehr {
namespace {

template <class Run>
long allocations_of(const Run& run) {
  run();  // the first run may start OpenMP's team
  const long before = allocations;
  for (int i = 0; i < 10; ++i) run();
  return allocations - before;
}

}  // namespace

TEST_CASE("conv2d, matmul: a run allocates nothing") {
  Cpu cpu(2);
  for (const Variant variant : {Variant::ours, Variant::library}) {
    if (!available(cpu, variant)) continue;
    const long allowed = variant == Variant::ours ? 0 : 10 * 16;
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
    CHECK(allocations_of([&] { forward->run(x.buffer, weights, bias.buffer, y, workspace, cpu.stream()); }) <= allowed);
    CHECK(allocations_of([&] { backward->run(x.buffer, dy.buffer, dw, bias.buffer, workspace, cpu.stream()); }) <= allowed);
    CHECK(allocations_of([&] { product->run(x.buffer, w.buffer, {}, c, workspace, cpu.stream()); }) <= allowed);
  }
}

}  // namespace lehr
