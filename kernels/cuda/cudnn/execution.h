// execution.h: a chosen plan with the pointers of one run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/cudnn/session.h"

namespace lehr::cudnn {

class Execution {
 public:
  /// The plan that the session's policy chooses for the graph; with its autotune, the remembered or the fastest one. Empty where there is
  /// none.
  static std::optional<Execution> choose(Cuda& cuda, Session& session, const ConvGraphSpec& graph);

  std::size_t workspace() const { return plan_.workspace; }
  std::string implementation() const;  ///< cuDNN's version and the engine: "cuDNN 9.19.0, engine 41"
  const EnginePlan& plan() const { return plan_; }
  /// Starts it on the session's stream.
  void run(const std::vector<std::pair<Uid, const void*>>& pointers, void* workspace) const;

 private:
  Execution(const Session& session, EnginePlan plan) : api_(session.api), handle_(session.handle), plan_(std::move(plan)) {}
  std::shared_ptr<const Api> api_;
  std::shared_ptr<cudnnContext> handle_;
  EnginePlan plan_;
};

}  // namespace lehr::cudnn
