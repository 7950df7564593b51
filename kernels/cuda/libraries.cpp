#include "kernels/cuda/libraries.h"

#include "kernels/cuda/library.h"
#include "kernels/device_facts.h"
#include "kernels/error.h"
#ifdef LEHR_WITH_CUDNN
#include "kernels/cuda/cudnn/session.h"
#endif
#ifdef LEHR_WITH_CUBLASLT
#include "kernels/cuda/cublaslt/session.h"
#endif

namespace lehr {
namespace {

std::string line_of(const Error& error) {
  const ErrorInfo& e = error.info();
  return e.where + ": " + e.what + (e.got.empty() ? "" : " (" + e.got + ")");
}

template <class Api>
void describe(DeviceLibrary& library, const Api& api) {
  library.version = api.version_text();
  library.file = api.library.file().string();
}

}  // namespace

std::vector<DeviceLibrary> cuda_libraries() {
  std::vector<DeviceLibrary> all;
  const auto add = [&](const char* name, const auto& open) {
    DeviceLibrary& library = all.emplace_back(DeviceLibrary{.name = name});
    try {
      open(library);
    } catch (const Error& error) {
      library.missing = error.info().what + (error.info().got.empty() ? "" : ": " + error.info().got);
    }
  };
#ifdef LEHR_WITH_CUDNN
  add("cuDNN", [](DeviceLibrary& library) {
    const auto api = cudnn::Api::load();
    cudnn::check_files(*api);
    describe(library, *api);
  });
#endif
#ifdef LEHR_WITH_CUBLASLT
  add("cuBLASLt", [](DeviceLibrary& library) { describe(library, *cublaslt::Api::load()); });
#endif
  add("NCCL", [](DeviceLibrary& library) {
    const cuda::Library nccl({.name = "NCCL", .sonames = {"libnccl.so.2"}});
    int (*get_version)(int*) = nullptr;
    nccl.bind(get_version, "ncclGetVersion");
    int version = 0;  // 22809 is 2.28.9
    get_version(&version);
    library.version = std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
    library.file = nccl.file().string();
  });
  return all;
}

std::string open_libraries(CudaLibraries& libraries, const CudaChoices& choices, const LibraryOpeners& openers) {
  std::string without, why;
  const auto leave_out = [&](const char* what, const Error& error) {
    without += (without.empty() ? "" : " and ") + std::string(what);
    why += (why.empty() ? "" : "; ") + line_of(error);
  };
  if (choices.convolutions != Variant::ours) try {
      libraries.cudnn = openers.cudnn();
    } catch (const Error& error) {
      if (choices.convolutions == Variant::library) throw;
      leave_out("convolutions", error);
    }
  try {
    libraries.cublaslt = openers.cublaslt();
  } catch (const Error& error) {
    leave_out("products", error);
  }
  return without.empty() ? "" : without + " run on lehr's own kernels: " + why;
}

DevicePrograms programs(const Cuda& cuda) {
  [[maybe_unused]] const CudaLibraries* libraries = cuda.libraries();
  DevicePrograms who{.convolutions = "lehr's own kernels", .products = "lehr's own kernels"};
#ifdef LEHR_WITH_CUDNN
  if (libraries != nullptr && libraries->cudnn != nullptr) who.convolutions = "cuDNN " + libraries->cudnn->api->version_text();
#endif
#ifdef LEHR_WITH_CUBLASLT
  if (libraries != nullptr && libraries->cublaslt != nullptr) who.products = "cuBLASLt " + libraries->cublaslt->api->version_text();
#endif
  return who;
}

bool available(const Cuda& cuda, Variant variant) {
  const CudaLibraries* libraries = cuda.libraries();
  return variant != Variant::library || (libraries != nullptr && libraries->cudnn != nullptr && libraries->cublaslt != nullptr);
}

}  // namespace lehr
