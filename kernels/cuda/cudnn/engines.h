// engines.h: which of cuDNN's engines runs a graph. Heuristics list configurations, fastest first as cuDNN believes; a policy says which of
// them may be used; the first that can be built is the choice. Its engine and knobs can be written down and asked for again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/cudnn/graph.h"

namespace lehr::cudnn {

/// An engine and its knobs, as the plan cache keeps them.
struct EngineChoice {
  std::int64_t engine = -1;
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs = {};  ///< (cudnnBackendKnobType_t, value), in cuDNN's order
  friend bool operator==(const EngineChoice&, const EngineChoice&) = default;
};

struct EnginePolicy {
  bool deterministic = true;  ///< the same bits each run; --fast lets go of it
  bool precompiled = true;    ///< no run-time compilation (a second for each kernel)
  std::size_t workspace_limit = std::size_t{256} << 20U;
};

/// A built plan.
struct EnginePlan {
  EngineChoice choice = {};
  Descriptor plan = {};
  std::size_t workspace = 0;  ///< bytes
  std::vector<cudnnBackendNumericalNote_t> notes = {};
  std::vector<cudnnBackendBehaviorNote_t> behavior = {};
  bool deterministic() const;
  bool precompiled() const;
  bool tensor_cores() const;
};

/// Plans of the heuristic's list that the policy allows, in its order; at most `most`. Mode A first, the fallback list where A gave none.
std::vector<EnginePlan> find_plans(const ConvGraph& graph, const EnginePolicy& policy, std::size_t most);
/// The plan of a choice that was made before; empty where this cuDNN or device does not know it any more.
std::optional<EnginePlan> rebuild_plan(const ConvGraph& graph, const EngineChoice& choice, const EnginePolicy& policy);

}  // namespace lehr::cudnn
