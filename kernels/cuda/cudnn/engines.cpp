#include "kernels/cuda/cudnn/engines.h"

#include <algorithm>

#include "kernels/error.h"

namespace lehr::cudnn {
namespace {

bool has(const auto& list, auto note) { return std::ranges::find(list, note) != list.end(); }

/// float32 promises products of float32: tf32 engines carry the note of tensor cores, others that of converted inputs.
bool allowed(const EnginePlan& plan, Math math, const EnginePolicy& policy) {
  if (policy.deterministic && !plan.deterministic()) return false;
  if (policy.precompiled && !plan.precompiled()) return false;
  if (has(plan.behavior, CUDNN_BEHAVIOR_NOTE_REQUIRES_FILTER_INT8x32_REORDER)) return false;
  if (math == Math::f32 && (plan.tensor_cores() || has(plan.notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS))) return false;
  // Sums are float32 whatever the operands are, and a transform of the input space rounds differently at every border.
  return !has(plan.notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION);
}

EngineChoice choice_of(const Descriptor& config, const Descriptor& engine) {
  EngineChoice choice{.engine = engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX)};
  for (const Descriptor& knob :
       config.get_descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
    choice.knobs.emplace_back(knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                              knob.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  return choice;
}

/// The plan of a configuration; empty where cuDNN cannot build it, or the policy forbids it.
std::optional<EnginePlan> build(const ConvGraph& graph, const Descriptor& config, const EnginePolicy& policy) {
  const auto& api = graph.target().api();
  const auto engines = config.get_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
  if (engines.empty()) return std::nullopt;
  EnginePlan out;
  out.notes = engines[0].get_all<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  out.behavior = engines[0].get_all<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT);
  if (!allowed(out, graph.spec().math, policy)) return std::nullopt;
  out.plan = Descriptor(api, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  graph.target().apply_handle(out.plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE);
  graph.target().apply(out.plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
  out.plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
  if (!out.plan.finalize_if_supported()) return std::nullopt;
  out.workspace = static_cast<std::size_t>(out.plan.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  if (out.workspace > policy.workspace_limit) return std::nullopt;
  out.choice = choice_of(config, engines[0]);
  return out;
}

std::vector<Descriptor> configurations(const ConvGraph& graph, cudnnBackendHeurMode_t mode) {
  constexpr std::int64_t most = 200;
  Descriptor heuristic(graph.target().api(), CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.descriptor());
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  graph.target().apply(heuristic, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP);
  if (!heuristic.finalize_if_supported()) return {};
  return heuristic.get_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, most);
}

}  // namespace

bool EnginePlan::deterministic() const { return !has(notes, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC); }
bool EnginePlan::precompiled() const { return !has(behavior, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION); }
bool EnginePlan::tensor_cores() const { return has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE); }

std::vector<EnginePlan> find_plans(const ConvGraph& graph, const EnginePolicy& policy, std::size_t most) {
  std::vector<EnginePlan> plans;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Descriptor& config : configurations(graph, mode)) {
      if (plans.size() >= most) break;
      if (auto plan = build(graph, config, policy)) plans.push_back(std::move(*plan));
    }
    if (!plans.empty()) break;
  }
  return plans;
}

std::optional<EnginePlan> rebuild_plan(const ConvGraph& graph, const EngineChoice& choice, const EnginePolicy& policy) {
  const auto& api = graph.target().api();
  try {
    Descriptor engine(api, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.descriptor());
    engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine);
    graph.target().apply(engine, CUDNN_ATTR_ENGINE_DEVICEPROP);
    if (!engine.finalize_if_supported()) return std::nullopt;
    std::vector<Descriptor> knobs;
    for (const auto& [type, value] : choice.knobs) {
      Descriptor& knob = knobs.emplace_back(api, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
      knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(type));
      knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
      if (!knob.finalize_if_supported()) return std::nullopt;
    }
    Descriptor config(api, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    config.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
    if (!knobs.empty()) config.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, std::span<const Descriptor>(knobs));
    if (!config.finalize_if_supported()) return std::nullopt;
    return build(graph, config, policy);
  } catch (const Error&) {  // what another version wrote down may be refused by any of the calls above
    return std::nullopt;
  }
}

}  // namespace lehr::cudnn
