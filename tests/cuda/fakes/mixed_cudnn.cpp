// A libcudnn.so.9 whose other files are of another version: nothing but the version and the words of an error work.
#include <cstddef>
#include <cstring>

namespace {
constexpr int version_mismatch = 1002;  // CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH
}

extern "C" {
std::size_t cudnnGetVersion() { return 91900; }
const char* cudnnGetErrorString(int) { return "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH"; }
void cudnnGetLastErrorString(char* message, std::size_t size) {
  std::strncpy(message, "libcudnn_ops.so.9 is 9.1.0", size - 1);
  message[size - 1] = 0;
}
int cudnnGraphVersionCheck() { return 0; }
int cudnnOpsVersionCheck() { return version_mismatch; }
int cudnnCreate(void**) { return version_mismatch; }
int cudnnDestroy(void*) { return version_mismatch; }
int cudnnSetStream(void*, void*) { return version_mismatch; }
int cudnnBackendCreateDescriptor(int, void**) { return version_mismatch; }
int cudnnBackendDestroyDescriptor(void*) { return version_mismatch; }
int cudnnBackendFinalize(void*) { return version_mismatch; }
int cudnnBackendSetAttribute(void*, int, int, long, const void*) { return version_mismatch; }
int cudnnBackendGetAttribute(void*, int, int, long, long*, void*) { return version_mismatch; }
int cudnnBackendExecute(void*, void*, void*) { return version_mismatch; }
}
