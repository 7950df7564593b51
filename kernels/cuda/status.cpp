#include "kernels/cuda/status.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void cuda_failed(cudaError_t status, std::source_location where) {
  std::string file = where.file_name();
  file = file.substr(file.find_last_of('/') + 1);
  std::string hint;
  if (status == cudaErrorMemoryAllocation) hint = "Use a smaller --batch-size or --image-size.";
  if (status == cudaErrorNoKernelImageForDevice)
    hint = "This build holds no code for this GPU: configure it with -DLEHR_CUDA_ARCHITECTURES of your own.";
  cudaGetLastError();  // what can be forgotten is: a later call must not report it again
  throw Error({.category = Category::device,
               .where = "CUDA, " + file + ":" + std::to_string(where.line()),
               .what = std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status),
               .hint = hint});
}

}  // namespace lehr
