#include "kernels/off_limits.h"

#include "kernels/backend.h"

#ifdef LEHR_SIMT
#include "kernels/simt/memory.h"
#include "kernels/simt/stream.h"
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace lehr {
namespace {

enum class Limits { off, permitted };

void on_cpu(const void* begin, std::size_t bytes, Limits limits) {
#if defined(__SANITIZE_ADDRESS__)
  if (limits == Limits::off)
    __asan_poison_memory_region(begin, bytes);
  else
    __asan_unpoison_memory_region(begin, bytes);
#else
  static_cast<void>(begin), static_cast<void>(bytes), static_cast<void>(limits);
#endif
}

void on_device(Backend& backend, const void* begin, std::size_t bytes, Limits limits) {
#ifdef LEHR_SIMT
  simt::put_beside(backend.stream(), [=] {
    auto& region = simt::device_memory().region();
    const auto offset = static_cast<std::size_t>(static_cast<const char*>(begin) - region.begin());
    if (limits == Limits::off)
      region.revoke(offset, bytes);
    else
      region.grant(offset, bytes);
  });
#else
  static_cast<void>(backend), static_cast<void>(begin), static_cast<void>(bytes), static_cast<void>(limits);
#endif
}

void set(Backend& backend, const void* begin, std::size_t bytes, Limits limits) {
  if (bytes == 0) return;
  if (backend.kind() == DeviceKind::cpu)
    on_cpu(begin, bytes, limits);
  else
    on_device(backend, begin, bytes, limits);
}

}  // namespace

bool watched(const Backend& backend) {
#ifdef LEHR_SIMT
  if (backend.kind() == DeviceKind::cuda) return true;
#endif
#if defined(__SANITIZE_ADDRESS__)
  if (backend.kind() == DeviceKind::cpu) return true;
#endif
  static_cast<void>(backend);
  return false;
}

void put_off_limits(Backend& backend, const void* begin, std::size_t bytes) { set(backend, begin, bytes, Limits::off); }
void permit(Backend& backend, const void* begin, std::size_t bytes) { set(backend, begin, bytes, Limits::permitted); }

}  // namespace lehr
