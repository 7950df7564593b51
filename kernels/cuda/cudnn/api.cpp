#include "kernels/cuda/cudnn/api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/error.h"

namespace lehr::cudnn {

std::string version_text(std::size_t version) {
  // 9.1.0 is 90100; before 9 it was 8905.
  const std::size_t major = version >= 90000 ? version / 10000 : version / 1000;
  const std::size_t rest = version >= 90000 ? version % 10000 : version % 1000;
  return std::to_string(major) + "." + std::to_string(rest / 100) + "." + std::to_string(rest % 100);
}

std::string Api::version_text() const { return cudnn::version_text(version); }

void check_version(std::size_t version, const std::string& file) {
  constexpr std::size_t least = 90000, beyond = 100000;
  if (version >= least && version < beyond) return;
  throw Error({.category = Category::device,
               .where = file,
               .what = "a cuDNN of another version",
               .expected = "9.0.0 or later of version 9",
               .got = version_text(version),
               .hint = "Install cuDNN 9 (pip install nvidia-cudnn-cu13), or use --conv ours."});
}

void check_files(const Api& api) {
  for (const char* name : {"cudnnGraphVersionCheck", "cudnnOpsVersionCheck", "cudnnCnnVersionCheck", "cudnnAdvVersionCheck"}) {
    cudnnStatus_t (*check)() = nullptr;
    api.library.bind_optional(check, name);
    const cudnnStatus_t status = check == nullptr ? CUDNN_STATUS_SUCCESS : check();
    if (status == CUDNN_STATUS_SUCCESS) continue;
    std::array<char, 512> more = {};
    api.last_error(more.data(), more.size());
    throw Error({.category = Category::device,
                 .where = "cuDNN " + api.version_text(),
                 .what = status == CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH ? "its files are of several versions"
                                                                            : std::string(name) + ": " + api.error_string(status),
                 .got = api.library.file().string() + " is " + api.version_text() + (more[0] == 0 ? "" : ", " + std::string(more.data())),
                 .hint = "All libcudnn_*.so.9 must come from one installation."});
  }
}

std::shared_ptr<const Api> Api::load() {
  auto api = std::make_shared<Api>(Api{.library = cuda::Library({.name = "cuDNN", .sonames = {"libcudnn.so.9"}})});
  const auto& library = api->library;
  library.bind(api->get_version, "cudnnGetVersion");
  api->version = api->get_version();
  check_version(api->version, library.file().string());
  library.bind(api->error_string, "cudnnGetErrorString");
  library.bind(api->last_error, "cudnnGetLastErrorString");
  library.bind(api->create, "cudnnCreate");
  library.bind(api->destroy, "cudnnDestroy");
  library.bind(api->set_stream, "cudnnSetStream");
  library.bind(api->create_descriptor, "cudnnBackendCreateDescriptor");
  library.bind(api->destroy_descriptor, "cudnnBackendDestroyDescriptor");
  library.bind(api->finalize, "cudnnBackendFinalize");
  library.bind(api->set_attribute, "cudnnBackendSetAttribute");
  library.bind(api->get_attribute, "cudnnBackendGetAttribute");
  library.bind(api->execute, "cudnnBackendExecute");
  return api;
}

void Api::check(cudnnStatus_t status, std::string_view call) const {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::array<char, 512> more = {};
  last_error(more.data(), more.size());
  std::string hint;
  if (status == CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH || status == CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED)
    hint = "All libcudnn_*.so.9 must come from one installation: compare those beside " + library.file().string() + ".";
  throw Error({.category = Category::device,
               .where = "cuDNN " + version_text() + ", " + std::string(call),
               .what = error_string(status),
               .got = more.data(),
               .hint = hint});
}

Descriptor::Descriptor(std::shared_ptr<const Api> api, cudnnBackendDescriptorType_t type) : api_(std::move(api)) {
  api_->check(api_->create_descriptor(type, &raw_), "create descriptor " + std::to_string(type));
}

Descriptor::~Descriptor() {
  if (raw_ != nullptr) api_->destroy_descriptor(raw_);
}

void Descriptor::set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  api_->check(api_->set_attribute(raw_, name, type, count, values), "set attribute " + std::to_string(name));
}

void Descriptor::set(cudnnBackendAttributeName_t name, std::span<const Descriptor> others) {
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const Descriptor& d : others) raw.push_back(d.get());
  set_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(raw.size()), raw.data());
}

std::int64_t Descriptor::get_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                                 void* values) const {
  std::int64_t count = 0;
  api_->check(api_->get_attribute(raw_, name, type, most, &count, values), "get attribute " + std::to_string(name));
  return std::min(count, most);
}

std::vector<Descriptor> Descriptor::get_descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                                    std::int64_t most) const {
  std::vector<Descriptor> all;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < most; ++i) raw.push_back(all.emplace_back(api_, type).get());
  all.resize(static_cast<std::size_t>(get_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, static_cast<void*>(raw.data()))));
  return all;
}

void Descriptor::finalize() { api_->check(api_->finalize(raw_), "finalize"); }

bool Descriptor::finalize_if_supported() {
  const cudnnStatus_t status = api_->finalize(raw_);
  // 2000 and above: this engine, with these knobs, does not do this problem. Below: the library itself is in trouble.
  if (status == CUDNN_STATUS_SUCCESS || CUDNN_STATUS_CATEGORY(status) < CUDNN_STATUS_BAD_PARAM) api_->check(status, "finalize");
  return status == CUDNN_STATUS_SUCCESS;
}

}  // namespace lehr::cudnn
