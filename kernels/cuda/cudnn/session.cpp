#include "kernels/cuda/cudnn/session.h"

namespace lehr::cudnn {

std::shared_ptr<cudnnContext> open_handle(const std::shared_ptr<const Api>& api) {
  cudnnHandle_t raw = nullptr;
  api->check(api->create(&raw), "create");
  return {raw, [api](cudnnHandle_t h) { api->destroy(h); }};
}

std::unique_ptr<Session> open_session(Cuda& cuda) {
  auto api = Api::load();
  const auto handle = open_handle(api);
  api->check(api->set_stream(handle.get(), cuda_stream(cuda.stream()).handle()), "set stream");
  const CudaDevice& device = cuda.device();
  return std::make_unique<Session>(Session{.api = api,
                                           .handle = handle,
                                           .target = Target::of(api, handle.get(), device.name),
                                           .policy = {.deterministic = !cuda.choices().fast},
                                           .autotune = cuda.choices().autotune,
                                           .place = {.cudnn_version = api->version,
                                                     .device = device.name,
                                                     .multiprocessors = device.multiprocessors,
                                                     .driver = device.driver_version},
                                           .cache = PlanCache(PlanCache::default_file())});
}

}  // namespace lehr::cudnn
