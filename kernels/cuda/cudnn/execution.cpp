#include "kernels/cuda/cudnn/execution.h"

#include <algorithm>
#include <chrono>

namespace lehr::cudnn {
namespace {

void execute(const std::shared_ptr<const Api>& api, cudnnHandle_t handle, const EnginePlan& plan,
             const std::vector<std::pair<Uid, const void*>>& pointers, void* workspace) {
  std::vector<std::int64_t> uids;
  std::vector<void*> memory;
  for (const auto& [uid, pointer] : pointers) {
    uids.push_back(static_cast<std::int64_t>(uid));
    memory.push_back(const_cast<void*>(pointer));  // NOLINT(cppcoreguidelines-pro-type-const-cast): the API has one kind of pointer
  }
  Descriptor pack(api, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, uids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, memory);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
  pack.finalize();
  api->check(api->execute(handle, plan.plan.get(), pack.get()), "execute");
}

/// Memory for every operand of a graph, so that a plan can be timed before there is an arena. Numbers are random: power, and with it the
/// clock, depends on them.
struct Operands {
  Buffer x, w, bias, y, workspace;

  static Buffer random(Cuda& cuda, std::size_t elements, DType dtype) {
    Buffer buffer(cuda, elements * size_of(dtype));
    std::vector<unsigned char> bytes(buffer.bytes());
    std::uint32_t state = 1;
    // Exponents stay small: the upper byte of each element is 0x3c or 0xbc.
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      state = state * 1664525U + 1013904223U;
      bytes[i] = static_cast<unsigned char>(state >> 24U);
      if (i % size_of(dtype) == size_of(dtype) - 1) bytes[i] = static_cast<unsigned char>(0x3cU | (bytes[i] & 0x80U));
    }
    cuda.copy_in(buffer.data(), bytes.data(), bytes.size());
    return buffer;
  }
  Operands(Cuda& cuda, const ConvGraphSpec& graph, std::size_t workspace_bytes)
      : x(random(cuda, elements(graph.shape.batch * graph.shape.height * graph.shape.width * graph.shape.in_channels), graph.operands())),
        w(random(
            cuda,
            elements(graph.shape.out_channels * graph.shape.kernel_h * graph.shape.kernel_w * graph.shape.in_channels / graph.shape.groups),
            graph.operands())),
        bias(random(cuda, elements(graph.shape.out_channels), graph.operands())),
        y(random(cuda, elements(graph.shape.batch * graph.shape.out_height() * graph.shape.out_width() * graph.shape.out_channels),
                 graph.operands())),
        workspace(cuda, workspace_bytes) {}
  static std::size_t elements(std::int64_t count) { return static_cast<std::size_t>(count); }
  std::vector<std::pair<Uid, const void*>> pointers(const ConvGraphSpec& graph) const {
    std::vector<std::pair<Uid, const void*>> all{{Uid::x, x.data()}, {Uid::w, w.data()}, {Uid::y, y.data()}};
    if (graph.pass == Pass::forward && graph.bias) all.emplace_back(Uid::bias, bias.data());
    return all;
  }
};

/// Median of ten runs after two.
double seconds_of(Cuda& cuda, const Session& session, const EnginePlan& plan, const ConvGraphSpec& graph, const Operands& operands) {
  std::vector<double> seconds;
  for (int i = 0; i < 12; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    execute(session.api, session.handle.get(), plan, operands.pointers(graph), operands.workspace.data());
    cuda.stream().synchronize();
    if (i >= 2) seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

}  // namespace

std::optional<Execution> Execution::choose(Cuda& cuda, Session& session, const ConvGraphSpec& spec) {
  const ConvGraph graph(session.target, spec);
  std::optional<EnginePlan> plan;
  if (!session.autotune) {
    plan = choose_plan(graph, session.policy);
  } else {
    std::optional<Operands> operands;  // none where the choice is remembered
    plan = choose_plan(graph, session.policy, session.cache, key_of(session.place, spec, session.policy.deterministic),
                       {.seconds_of = [&](const EnginePlan& candidate) {
                         if (!operands || operands->workspace.bytes() < candidate.workspace)
                           operands.emplace(cuda, spec, std::max<std::size_t>(candidate.workspace, 1));
                         return seconds_of(cuda, session, candidate, spec, *operands);
                       }});
  }
  if (!plan) return std::nullopt;
  return Execution(session, std::move(*plan));
}

std::string Execution::implementation() const {
  return "cuDNN " + api_->version_text() + ", engine " + std::to_string(plan_.choice.engine);
}

void Execution::run(const std::vector<std::pair<Uid, const void*>>& pointers, void* workspace) const {
  execute(api_, handle_.get(), plan_, pointers, workspace);
}

}  // namespace lehr::cudnn
