// session.h: cuDNN opened for one GPU: its handle on the backend's stream, and how engines are chosen there.
#pragma once

#include <memory>

#include "kernels/cuda.h"
#include "kernels/cuda/cudnn/plan_cache.h"

namespace lehr::cudnn {

struct Session {
  std::shared_ptr<const Api> api;
  std::shared_ptr<cudnnContext> handle;  ///< none where the target is only described
  Target target;
  EnginePolicy policy = {};
  bool autotune = false;
  Place place = {};
  PlanCache cache = PlanCache({});
};

/// cuDNN's handle on the current device. Throws Error{device} where it does not start, as when its files are of several versions.
std::shared_ptr<cudnnContext> open_handle(const std::shared_ptr<const Api>& api);
/// Throws Error{device} where cuDNN is absent, of another version or does not start.
std::unique_ptr<Session> open_session(Cuda& cuda);

}  // namespace lehr::cudnn
