// A libcuda.so.1 of a driver for CUDA 13.0 on a machine without a GPU.
#include <cstring>

namespace {
constexpr int no_device = 100, not_found = 500;
}

extern "C" {
int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}
int cuInit(unsigned) { return no_device; }
int cuGetProcAddress_v2(const char* symbol, void** function, int, unsigned long long, int* status) {
  *function = nullptr;
  if (std::strcmp(symbol, "cuInit") == 0) *function = reinterpret_cast<void*>(cuInit);
  if (std::strcmp(symbol, "cuDriverGetVersion") == 0) *function = reinterpret_cast<void*>(cuDriverGetVersion);
  if (std::strcmp(symbol, "cuGetProcAddress") == 0) *function = reinterpret_cast<void*>(cuGetProcAddress_v2);
  if (status != nullptr) *status = 0;
  return *function == nullptr ? not_found : 0;
}
int cuGetProcAddress(const char* symbol, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}
}
