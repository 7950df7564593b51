#include "kernels/cuda.h"
#include "kernels/error.h"

namespace lehr {

void no_cuda_device(int wanted, const CudaMachine& machine) {
  const std::size_t found = machine.devices.size();
  throw Error({.category = Category::device,
               .where = wanted == 0 ? "--device cuda" : "--device cuda:" + std::to_string(wanted),
               .what = found == 0 ? "no GPU can be used" : "there is no such GPU",
               .expected = found == 0 ? "an NVIDIA GPU and its driver"
                                      : "cuda:0" + (found == 1 ? std::string() : " to cuda:" + std::to_string(found - 1)),
               .got = found == 0 ? machine.missing : "cuda:" + std::to_string(wanted),
               .hint = found == 0 ? "--device cpu runs on the processor." : "`lehr devices` lists them."});
}

}  // namespace lehr
