// Chooses who multiplies on a GPU.
#include "kernels/matmul.h"

#include "kernels/cuda.h"
#include "kernels/cuda/ours/matmul.h"
#include "kernels/error.h"

namespace lehr {

std::unique_ptr<Matmul> make_on(Cuda& cuda, const MatmulSpec& spec) {
  verify(spec);
  if (spec.variant == Variant::library)
    throw Error({.category = Category::device, .where = "matmul", .what = "no library multiplies here"});
  return ours_cuda::make_matmul(cuda, spec);
}

bool available(const Cuda&, Variant variant) { return variant != Variant::library; }

}  // namespace lehr
