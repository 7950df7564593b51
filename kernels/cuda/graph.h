// graph.h: a CUDA graph that has been captured, ready to be launched.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda.h"
#include "kernels/cuda/status.h"

namespace lehr {

inline std::int64_t node_count(cudaGraph_t graph) {
  std::size_t nodes = 0;
  cuda_check(cudaGraphGetNodes(graph, nullptr, &nodes));
  return static_cast<std::int64_t>(nodes);
}

/// It needs the graph no longer once it is made.
class Graph final : public Recording {
 public:
  Graph(cudaGraph_t graph, std::int64_t nodes, CUstream_st* stream, CudaCounters& counters) : nodes_(nodes), counters_(&counters) {
    cuda_check(cudaGraphInstantiate(&executable_, graph, 0));
    cuda_check(cudaGraphUpload(executable_, stream));
  }
  ~Graph() override { cudaGraphExecDestroy(executable_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch(Stream& stream) override {
    ++counters_->graph_launches;
    cuda_check(cudaGraphLaunch(executable_, cuda_stream(stream).handle()));
  }
  std::int64_t nodes() const override { return nodes_; }

 private:
  cudaGraphExec_t executable_ = nullptr;
  std::int64_t nodes_;
  CudaCounters* counters_;
};

}  // namespace lehr
