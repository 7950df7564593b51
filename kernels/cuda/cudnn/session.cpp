#include "kernels/cuda/cudnn/session.h"

namespace lehr::cudnn {

std::unique_ptr<Session> open_session(Cuda& cuda) {
  auto api = Api::load();
  cudnnHandle_t raw = nullptr;
  api->check(api->create(&raw), "create");
  std::shared_ptr<cudnnContext> handle(raw, [api](cudnnHandle_t h) { api->destroy(h); });
  api->check(api->set_stream(raw, cuda_stream(cuda.stream()).handle()), "set stream");
  const CudaDevice& device = cuda.device();
  return std::make_unique<Session>(Session{.api = api,
                                           .handle = std::move(handle),
                                           .target = Target::of(api, raw, device.name),
                                           .policy = {.deterministic = !cuda.choices().fast},
                                           .autotune = cuda.choices().autotune,
                                           .place = {.cudnn_version = api->version,
                                                     .device = device.name,
                                                     .multiprocessors = device.multiprocessors,
                                                     .driver = device.driver_version},
                                           .cache = PlanCache(PlanCache::default_file())});
}

}  // namespace lehr::cudnn
