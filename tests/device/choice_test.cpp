// Who convolves and multiplies on the device: what --conv and a problem ask for, beside what is at hand.
#include <doctest/doctest.h>

#include "kernels/conv2d.h"
#include "kernels/cuda.h"
#include "kernels/error.h"
#include "kernels/make.h"
#include "kernels/matmul.h"

namespace lehr {
namespace {

Conv2dForwardSpec convolution(Variant variant = Variant::automatic) {
  return {.shape = {.batch = 2,
                    .height = 8,
                    .width = 8,
                    .in_channels = 8,
                    .out_channels = 16,
                    .kernel_h = 3,
                    .kernel_w = 3,
                    .pad_top = 1,
                    .pad_bottom = 1,
                    .pad_left = 1,
                    .pad_right = 1},
          .variant = variant};
}
MatmulSpec product(Variant variant = Variant::automatic) { return {.m = 16, .n = 16, .k = 16, .variant = variant}; }

/// cuDNN keeps the weights of float32 layers in an order of its own, our kernels read the public one.
bool by_cudnn(Cuda& cuda, const Conv2dForwardSpec& spec) { return make(spec, cuda)->packed_bytes() != 0; }

template <class Spec>
void is_refused(Cuda& cuda, const Spec& spec) {
  try {
    make(spec, cuda);
    FAIL("it was made");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::device);
    CHECK(error.info().got == problem_line(spec));
  }
}

}  // namespace

TEST_CASE("choice: without the vendor's libraries our own kernels do it; what insists on a library is refused with its problem") {
  Cuda cuda, insists(0, {.convolutions = Variant::library});
  CHECK_FALSE(by_cudnn(cuda, convolution()));
  CHECK(make(product(), cuda) != nullptr);
  CHECK_FALSE(available(cuda, Variant::library));
  is_refused(cuda, convolution(Variant::library));
  is_refused(cuda, product(Variant::library));
  is_refused(insists, convolution());
  CHECK_FALSE(by_cudnn(insists, convolution(Variant::ours)));  // a problem's own word is the last
}

TEST_CASE("choice: with the vendor's libraries cuDNN convolves, unless --conv or the problem says otherwise") {
  Cuda cuda, ours(0, {.convolutions = Variant::ours});
  cuda.open_libraries();
  ours.open_libraries();
  if (!available(cuda, Variant::library)) {
    MESSAGE("skipped: no cuDNN and cuBLASLt on this device");
    return;
  }
  CHECK(by_cudnn(cuda, convolution()));
  CHECK(by_cudnn(cuda, convolution(Variant::library)));
  CHECK(make(product(Variant::library), cuda) != nullptr);
  for (const Variant v : {Variant::ours, Variant::naive, Variant::tiled, Variant::registers}) CHECK_FALSE(by_cudnn(cuda, convolution(v)));
  CHECK_FALSE(by_cudnn(ours, convolution()));
}

}  // namespace lehr
