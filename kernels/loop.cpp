#include "kernels/loop.h"

#ifdef LEHR_WITH_CUDA
#include "kernels/cuda/loop.h"
#endif

namespace lehr {

std::unique_ptr<Recording> record_unrolled(Backend& backend, const std::function<void()>& work, std::int64_t times) {
  return backend.record([&] {
    for (std::int64_t i = 0; i < times; ++i) work();
  });
}

std::unique_ptr<Recording> record_times(Backend& backend, const std::function<void()>& work, std::int64_t times) {
#ifdef LEHR_WITH_CUDA
  if (times > 1 && backend.kind() == DeviceKind::cuda) {
    auto& cuda = static_cast<Cuda&>(backend);
    if (can_loop(cuda.device()))
      if (auto loop = record_loop(cuda, work, times)) return loop;
  }
#endif
  return record_unrolled(backend, work, times);
}

}  // namespace lehr
