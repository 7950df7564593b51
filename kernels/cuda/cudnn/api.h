// api.h: cuDNN 9's graph API through function pointers, its descriptors with an owner, its statuses as lehr::Error.
// Included by kernels/cuda/cudnn/ only. Nothing here needs a GPU or a driver.
#pragma once

#include <cudnn_graph.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cuda/library.h"

namespace lehr::cudnn {

/// The functions of libcudnn.so.9 that lehr calls.
struct Api {
  /// Throws Error{device} where there is none, or one of another major version.
  static std::shared_ptr<const Api> load();

  cuda::Library library;
  std::size_t version = 0;  ///< 91900 is 9.19.0
  std::string version_text() const;

  decltype(cudnnGetVersion)* get_version = nullptr;
  decltype(cudnnGetErrorString)* error_string = nullptr;
  decltype(cudnnGetLastErrorString)* last_error = nullptr;
  decltype(cudnnCreate)* create = nullptr;
  decltype(cudnnDestroy)* destroy = nullptr;
  decltype(cudnnSetStream)* set_stream = nullptr;
  decltype(cudnnBackendCreateDescriptor)* create_descriptor = nullptr;
  decltype(cudnnBackendDestroyDescriptor)* destroy_descriptor = nullptr;
  decltype(cudnnBackendFinalize)* finalize = nullptr;
  decltype(cudnnBackendSetAttribute)* set_attribute = nullptr;
  decltype(cudnnBackendGetAttribute)* get_attribute = nullptr;
  decltype(cudnnBackendExecute)* execute = nullptr;

  /// The one place where a status becomes an Error{device}.
  void check(cudnnStatus_t status, std::string_view call) const;
};

/// `91900` -> `9.19.0`.
std::string version_text(std::size_t version);
/// Error{device} for a version that the graph API of this program does not fit.
void check_version(std::size_t version, const std::string& file);
/// Error{device} where libcudnn_graph, _ops, _cnn or _adv is missing or of another version than libcudnn.so.9. No GPU is needed.
void check_files(const Api& api);

/// Attribute types by the C++ type that holds them.
template <class T>
inline constexpr cudnnBackendAttributeType_t type_of = CUDNN_TYPE_INT64;
template <>
inline constexpr auto type_of<double> = CUDNN_TYPE_DOUBLE;
template <>
inline constexpr auto type_of<float> = CUDNN_TYPE_FLOAT;
template <>
inline constexpr auto type_of<bool> = CUDNN_TYPE_BOOLEAN;
template <>
inline constexpr auto type_of<char> = CUDNN_TYPE_CHAR;
template <>
inline constexpr auto type_of<void*> = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr auto type_of<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr auto type_of<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr auto type_of<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr auto type_of<cudnnPointwiseMode_t> = CUDNN_TYPE_POINTWISE_MODE;
template <>
inline constexpr auto type_of<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr auto type_of<cudnnBackendKnobType_t> = CUDNN_TYPE_KNOB_TYPE;
template <>
inline constexpr auto type_of<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;
template <>
inline constexpr auto type_of<cudnnBackendBehaviorNote_t> = CUDNN_TYPE_BEHAVIOR_NOTE;

/// An owned backend descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(std::shared_ptr<const Api> api, cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept : api_(std::move(other.api_)), raw_(other.raw_) { other.raw_ = nullptr; }
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(raw_, other.raw_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  cudnnBackendDescriptor_t get() const { return raw_; }
  explicit operator bool() const { return raw_ != nullptr; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, const T& value) {
    set_raw(name, type_of<T>, 1, &value);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    set_raw(name, type_of<T>, static_cast<std::int64_t>(values.size()), values.data());
  }
  void set(cudnnBackendAttributeName_t name, const std::string& text) {
    set_raw(name, CUDNN_TYPE_CHAR, static_cast<std::int64_t>(text.size()), text.data());
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) { set_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.raw_); }
  void set(cudnnBackendAttributeName_t name, std::span<const Descriptor> others);
  void finalize();
  /// False where cuDNN does not do this; any other failure throws.
  bool finalize_if_supported();

  template <class T>
  T get(cudnnBackendAttributeName_t name) const {
    T value = {};
    get_raw(name, type_of<T>, 1, &value);
    return value;
  }
  template <class T>
  std::vector<T> get_all(cudnnBackendAttributeName_t name, std::int64_t most) const {
    std::vector<T> values(static_cast<std::size_t>(most));
    values.resize(static_cast<std::size_t>(get_raw(name, type_of<T>, most, values.data())));
    return values;
  }
  /// Fills descriptors of `type` that cuDNN owns no longer; as many as there are, at most `most`.
  std::vector<Descriptor> get_descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type, std::int64_t most) const;

 private:
  void set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count, const void* values);
  std::int64_t get_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most, void* values) const;

  std::shared_ptr<const Api> api_;
  cudnnBackendDescriptor_t raw_ = nullptr;
};

}  // namespace lehr::cudnn
