#include <cuda_runtime_api.h>

#include "kernels/cuda.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/status.h"
#include "kernels/data_sheet.h"
#include "kernels/error.h"

namespace lehr {
namespace {

std::string why_none(cudaError_t status) {
  switch (status) {
    case cudaErrorInsufficientDriver: {
      int driver = 0;
      cudaDriverGetVersion(&driver);
      if (driver == 0) return "no NVIDIA driver (libcuda.so.1) is installed";
      return "the NVIDIA driver is for CUDA " + std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10) +
             ", this program needs " + std::to_string(CUDART_VERSION / 1000) + ".0 or newer";
    }
    case cudaErrorStubLibrary:
      return "libcuda.so.1 is the toolkit's stub, not a driver";
    case cudaErrorNoDevice:
      return "the NVIDIA driver sees no GPU";
    default:
      return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
  }
}

CudaDevice describe(int index) {
  cudaDeviceProp p = {};
  cuda_check(cudaGetDeviceProperties(&p, index));
  CudaDevice d{.index = index,
               .name = p.name,
               .memory = p.totalGlobalMem,
               .capability_major = p.major,
               .capability_minor = p.minor,
               .multiprocessors = p.multiProcessorCount,
               .l2_bytes = static_cast<std::size_t>(p.l2CacheSize),
               .shared_per_block = p.sharedMemPerBlockOptin};
  cudaDriverGetVersion(&d.driver_version);
  cudaRuntimeGetVersion(&d.runtime_version);
  return d;
}

}  // namespace

CudaMachine cuda_machine() {
  CudaMachine machine;
  int count = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&count); status != cudaSuccess) {
    machine.missing = why_none(status);
    cudaGetLastError();
    return machine;
  }
  if (count == 0) machine.missing = why_none(cudaErrorNoDevice);
  int current = 0;
  cudaGetDevice(&current);
  for (int i = 0; i < count; ++i) {
    CudaDevice d = describe(i);
    std::size_t total = 0;
    if (cudaSetDevice(i) == cudaSuccess) cudaMemGetInfo(&d.free_memory, &total);
    machine.devices.push_back(std::move(d));
  }
  cudaSetDevice(current);
  return machine;
}

void CudaStream::synchronize() { cuda_check(cudaStreamSynchronize(handle_)); }

Cuda::Cuda(int device, const CudaChoices& choices) : choices_(choices) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || device < 0 || device >= count) {
    cudaGetLastError();
    no_cuda_device(device, cuda_machine());
  }
  cuda_check(cudaSetDevice(device));
  device_ = describe(device);
  cuda_check(cudaStreamCreateWithFlags(&stream_.handle_, cudaStreamNonBlocking));
}
Cuda::~Cuda() {
  cudaSetDevice(device_.index);
  libraries_.reset();
  cudaStreamDestroy(stream_.handle_);
}

double clock_hz(const CudaDevice& device) {
  int kilohertz = 0;
  return cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, device.index) == cudaSuccess ? 1e3 * kilohertz : 0;
}
std::string Cuda::name() const { return device_.name; }
std::size_t Cuda::free_memory() const {
  std::size_t free = 0, total = 0;
  cuda_check(cudaMemGetInfo(&free, &total));
  return free;
}
void Cuda::enter() { cuda_check(cudaSetDevice(device_.index)); }

void Cuda::copy_in(void* device, const void* host, std::size_t bytes) {
  if (bytes == 0) return;
  ++counters_.host_copies;
  cuda_check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_.handle_));
  cuda_check(cudaStreamSynchronize(stream_.handle_));
}
void Cuda::copy_out(void* host, const void* device, std::size_t bytes) {
  if (bytes == 0) return;
  ++counters_.host_copies;
  cuda_check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_.handle_));
  cuda_check(cudaStreamSynchronize(stream_.handle_));
}
void Cuda::copy(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  ++counters_.device_copies;
  cuda_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_.handle_));
}
void Cuda::zero(void* device, std::size_t bytes) {
  if (bytes != 0) cuda_check(cudaMemsetAsync(device, 0, bytes, stream_.handle_));
}

std::unique_ptr<Recording> Cuda::record(const std::function<void()>& work) {
  recording_ = true;
  cuda_check(cudaStreamBeginCapture(stream_.handle_, cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    recording_ = false;
    cudaStreamEndCapture(stream_.handle_, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  recording_ = false;
  cuda_check(cudaStreamEndCapture(stream_.handle_, &graph));
  const std::unique_ptr<CUgraph_st, decltype(&cudaGraphDestroy)> owner(graph, &cudaGraphDestroy);
  return std::make_unique<Graph>(graph, node_count(graph), stream_.handle_, counters_);
}

void* Cuda::allocate(std::size_t bytes) {
  enter();
  ++counters_.allocations;
  void* data = nullptr;
  if (const cudaError_t status = cudaMalloc(&data, bytes); status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw Error({.category = Category::device,
                 .where = name(),
                 .what = "out of memory",
                 .expected = std::to_string(bytes) + " bytes",
                 .got = std::to_string(free_memory()) + " bytes free",
                 .hint = "Use a smaller --batch-size or --image-size."});
  } else {
    cuda_check(status);
  }
  return data;
}
void Cuda::release(void* data, std::size_t) noexcept {
  cudaSetDevice(device_.index);
  cudaFree(data);
}

}  // namespace lehr
