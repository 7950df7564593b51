// A libcudnn.so.9 that plans and computes nothing: its heuristic knows engines 41 and 7, and what fails, environment variables say.
//   LEHR_CUDNN_FAILS      a function, as cudnnBackendExecute
//   LEHR_CUDNN_STATUS     what it returns then
//   LEHR_CUDNN_ENGINE     only with this engine, where it is given
#include <cudnn_graph.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

struct cudnnContext {};

namespace {

struct Thing {
  cudnnBackendDescriptorType_t type;
  std::int64_t engine = 0;
};
std::string executed;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}
cudnnStatus_t outcome(const char* function, std::int64_t engine = 0) {
  const std::string only = variable("LEHR_CUDNN_ENGINE");
  if (variable("LEHR_CUDNN_FAILS") != function || (!only.empty() && only != std::to_string(engine))) return CUDNN_STATUS_SUCCESS;
  return static_cast<cudnnStatus_t>(std::stoi(variable("LEHR_CUDNN_STATUS")));
}
Thing& thing(void* descriptor) { return *static_cast<Thing*>(descriptor); }

}  // namespace

extern "C" {
std::size_t cudnnGetVersion() { return 91900; }
const char* cudnnGetErrorString(cudnnStatus_t status) {
  thread_local std::string text;
  text = "status " + std::to_string(static_cast<int>(status));
  return text.c_str();
}
void cudnnGetLastErrorString(char* message, std::size_t size) {
  std::strncpy(message, "as it was told to", size - 1);
  message[size - 1] = 0;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  const cudnnStatus_t status = outcome("cudnnCreate");
  *handle = status == CUDNN_STATUS_SUCCESS ? new cudnnContext : nullptr;
  return status;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return outcome("cudnnSetStream"); }
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  const cudnnStatus_t status = outcome("cudnnBackendCreateDescriptor");
  *descriptor = status == CUDNN_STATUS_SUCCESS ? new Thing{type} : nullptr;
  return status;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete &thing(descriptor);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  return outcome("cudnnBackendFinalize", thing(descriptor).engine);
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t,
                                       std::int64_t, const void* values) {
  Thing& to = thing(descriptor);
  if (name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX) to.engine = *static_cast<const std::int64_t*>(values);
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE || name == CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
    to.engine = thing(*static_cast<void* const*>(values)).engine;
  return outcome("cudnnBackendSetAttribute", to.engine);
}
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t,
                                       std::int64_t most, std::int64_t* count, void* values) {
  const Thing& from = thing(descriptor);
  *count = 0;
  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS || name == CUDNN_ATTR_ENGINECFG_ENGINE) {
    const bool all = name == CUDNN_ATTR_ENGINEHEUR_RESULTS;
    for (const std::int64_t engine : {std::int64_t{41}, std::int64_t{7}})
      if (*count < most && (all || engine == from.engine)) thing(static_cast<void**>(values)[(*count)++]).engine = engine;
  } else if (name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX || name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) {
    *static_cast<std::int64_t*>(values) = name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX ? from.engine : 64;
    *count = 1;
  }
  return outcome("cudnnBackendGetAttribute", from.engine);
}
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t) {
  const std::int64_t engine = thing(plan).engine;
  executed += std::to_string(engine) + " ";
  return outcome("cudnnBackendExecute", engine);
}
/// The engines that were started since the last call.
const char* lehr_executed() {
  thread_local std::string text;
  text = std::exchange(executed, "");
  return text.c_str();
}
}
