// How a loop is built of the runtime's graphs; the executor has its own (kernels/simt/loop.cpp).
#include <cuda_runtime_api.h>

#include <optional>

#include "kernels/cuda/graph.h"
#include "kernels/cuda/loop.h"
#include "kernels/cuda/status.h"
#include "kernels/error.h"

namespace lehr {

#if CUDART_VERSION >= 12040

namespace {

using GraphOwner = std::unique_ptr<CUgraph_st, decltype(&cudaGraphDestroy)>;

/// The only node of `graph`; its body.
cudaGraph_t add_while(cudaGraph_t graph, cudaGraphConditionalHandle loop) {
  cudaGraphNodeParams params = {};
  params.type = cudaGraphNodeTypeConditional;
  params.conditional.handle = loop;
  params.conditional.type = cudaGraphCondTypeWhile;
  params.conditional.size = 1;
  cudaGraphNode_t node = nullptr;
#if CUDART_VERSION >= 13000
  cuda_check(cudaGraphAddNode(&node, graph, nullptr, nullptr, 0, &params));
#else
  cuda_check(cudaGraphAddNode(&node, graph, nullptr, 0, &params));
#endif
  return params.conditional.phGraph_out[0];
}

/// Everything that `work` puts on the stream, into `body`.
void capture(cudaStream_t stream, cudaGraph_t body, const std::function<void()>& work) {
  cuda_check(cudaStreamBeginCaptureToGraph(stream, body, nullptr, nullptr, 0, cudaStreamCaptureModeThreadLocal));
  cudaGraph_t same = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream, &same);
    throw;
  }
  cuda_check(cudaStreamEndCapture(stream, &same));
}

class LoopGraph final : public Recording {
 public:
  LoopGraph(Cuda& cuda, const std::function<void()>& work, std::int64_t times) : turns_(cuda, sizeof(std::uint32_t)) {
    cuda.zero(turns_.data(), turns_.bytes());
    cudaGraph_t raw = nullptr;
    cuda_check(cudaGraphCreate(&raw, 0));
    const GraphOwner graph(raw, &cudaGraphDestroy);
    cudaGraphConditionalHandle loop = 0;
    cuda_check(cudaGraphConditionalHandleCreate(&loop, raw, 1, cudaGraphCondAssignDefault));  // every launch has a first turn
    cudaGraph_t body = add_while(raw, loop);
    cudaStream_t stream = cuda_stream(cuda.stream()).handle();
    capture(stream, body, [&] {
      work();
      count_turn(cuda.stream(), loop, static_cast<std::uint32_t*>(turns_.data()), static_cast<std::uint32_t>(times));
    });
    graph_.emplace(raw, 1 + node_count(body), stream, cuda.counters());
  }
  void launch(Stream& stream) override { graph_->launch(stream); }
  std::int64_t nodes() const override { return graph_->nodes(); }

 private:
  Buffer turns_;
  std::optional<Graph> graph_;
};

}  // namespace

std::unique_ptr<Recording> record_loop(Cuda& cuda, const std::function<void()>& work, std::int64_t times) {
  try {
    return std::make_unique<LoopGraph>(cuda, work, times);
  } catch (const Error&) {
    cudaGetLastError();
    return nullptr;
  }
}

#else

std::unique_ptr<Recording> record_loop(Cuda&, const std::function<void()>&, std::int64_t) { return nullptr; }

#endif

}  // namespace lehr
