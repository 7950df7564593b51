// Every convolution that the engine emits, planned by cuDNN for an H100 and an H200 that need not be here.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "kernels/cuda/cudnn/plan_cache.h"
#include "kernels/problems/makers.h"
#include "layers/catalogue.h"
#include "tests/check/golden.h"
#include "tests/check/network_run.h"
#include "tests/cuda/profiles.h"

using namespace lehr;
using cudnn::ConvGraph;
using cudnn::ConvGraphSpec;

namespace {

constexpr Precision precisions[] = {Precision::float32, Precision::tf32, Precision::mixed_bfloat16};

ConvGraphSpec graph_of_line(const std::string& line) {
  const Problem problem(line);
  const Conv2dForwardSpec s = check::conv2d_spec(problem);
  const auto pass = problem.word("pass", "");
  if (pass == "forward") return cudnn::graph_of(s);
  if (pass == "d_input") return cudnn::graph_of(Conv2dBackwardDataSpec{.shape = s.shape, .dtype = s.dtype, .tf32 = s.tf32});
  REQUIRE(pass == "d_weights");
  return cudnn::graph_of(Conv2dBackwardWeightsSpec{.shape = s.shape, .dtype = s.dtype, .tf32 = s.tf32});
}

/// The convolutions of a training step, forward and backward, as the engine planned them.
void collect(const Network& network, const Shape& input, std::int64_t batch, bool input_gradient, std::set<std::string>& lines) {
  for (const Precision precision : precisions) {
    const check::NetworkRun run(
        network, input, {.mode = PlanMode::train, .batch = batch, .precision = precision, .input_gradient = input_gradient, .threads = 2});
    for (const PlanOp& op : run.plan().operations())
      if (op.name.starts_with("conv2d")) lines.insert(op.problem);
  }
}

std::set<std::string> lines_of_networks() {
  std::set<std::string> lines;
  Network vgg16 = network_from_text("lecture_vgg16(classes=62, weights=none)");
  vgg16.set_weights({});
  collect(vgg16, {100, 100, 3}, 32, false, lines);
  for (const char* cifar : {"lecture_cnn", "lecture_cnn(relu)"}) collect(network_from_text(cifar), {32, 32, 3}, 128, false, lines);
  return lines;
}

std::set<std::string> lines_of_golden_layers() {
  std::set<std::string> lines;
  const auto golden = check::Golden::read("layers");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string(), class_name = c.at("class_name").string();
    if (class_name.find("Conv2D") == std::string::npos || !check::unsupported(layer_catalogue(), class_name, c.at("config")).empty())
      continue;
    Network net;
    net.add(layer_catalogue().from(check::recorded_spec(class_name, c.at("config"))));
    const Shape x = golden.at(name, "x").shape();
    collect(net, x.without_batch(), x[0], true, lines);
  }
  return lines;
}

struct Tally {
  int graphs = 0, fused = 0, tensor_cores = 0;
  std::size_t workspace = 0;
};

/// Every line has a deterministic, precompiled plan within the limit; float32 one without tensor cores.
Tally plan_all(const cudnn::Target& gpu, const std::set<std::string>& lines, bool must_use_tensor_cores) {
  const cudnn::EnginePolicy policy;
  Tally tally;
  for (const std::string& line : lines) {
    CAPTURE(line);
    const ConvGraphSpec spec = graph_of_line(line);
    const auto plan = cudnn::choose_plan(ConvGraph(gpu, spec), policy);
    REQUIRE_MESSAGE(plan, gpu.name(), ": no plan");
    CHECK(plan->deterministic());
    CHECK(plan->precompiled());
    CHECK(plan->workspace <= policy.workspace_limit);
    if (spec.math == cudnn::Math::f32) CHECK_FALSE(plan->tensor_cores());
    // The first layer's forward pass in bfloat16 is an exception of cuDNN's own: from 3 channels it prefers engine 11, without them.
    if (must_use_tensor_cores && spec.math != cudnn::Math::f32 && spec.shape.in_channels >= 8)
      CHECK_MESSAGE(plan->tensor_cores(), gpu.name(), ": engine ", plan->choice.engine);
    ++tally.graphs;
    tally.fused += spec.pass == cudnn::Pass::forward && spec.bias && spec.activation == Activation::relu ? 1 : 0;
    tally.tensor_cores += plan->tensor_cores() ? 1 : 0;
    tally.workspace = std::max(tally.workspace, plan->workspace);
  }
  return tally;
}

}  // namespace

TEST_CASE(
    "cudnn: every convolution of vgg16 and cifar has a deterministic, precompiled, fused plan on H100 and H200, "
    "in bfloat16 and tf32 on tensor cores") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const auto lines = lines_of_networks();
  // VGG-16 at 100 x 100 has 9 different convolutions, of which the first has no input gradient; each at three precisions.
  CHECK(lines.size() >= 3 * (9 + 9 + 8));
  for (const auto& gpu : check::described_gpus(api)) {
    const Tally t = plan_all(gpu, lines, true);
    MESSAGE(gpu.name(), ", cuDNN ", api->version_text(), ": ", t.graphs, " graphs, ", t.fused, " with bias and relu inside, ",
            t.tensor_cores, " on tensor cores, largest workspace ", t.workspace, " bytes");
    CHECK(t.fused >= 3 * 9);
  }
}

TEST_CASE("cudnn: the golden convolutions (groups, dilation, strides, uneven 'same', depthwise, transposed) have plans on H100 and H200") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const auto lines = lines_of_golden_layers();
  CHECK(lines.size() >= 20);
  for (const auto& gpu : check::described_gpus(api)) MESSAGE(gpu.name(), ": ", plan_all(gpu, lines, false).graphs, " graphs");
}

TEST_CASE("cudnn: a choice that was written down builds the same plan again") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const auto gpu = check::described_gpus(api).back();
  const ConvGraph graph(gpu, graph_of_line("n=32 h=12 w=12 c=512 f=512 k=3 pad=1 dtype=bfloat16 activation=relu pass=forward"));
  for (const auto& plan : cudnn::find_plans(graph, {}, 8)) {
    const auto again = cudnn::rebuild_plan(graph, plan.choice, {});
    REQUIRE(again);
    CHECK(again->choice == plan.choice);
    CHECK(again->workspace == plan.workspace);
  }
  CHECK_FALSE(cudnn::rebuild_plan(graph, {.engine = 100000}, {}));
  CHECK_FALSE(cudnn::rebuild_plan(graph, {.engine = 41, .knobs = {{9999, 3}}}, {}));
}

TEST_CASE("cudnn: --fast lets go of determinism, the workspace's limit holds") {
  const auto api = check::cudnn_or_skip();
  if (api == nullptr) return;
  const auto gpu = check::described_gpus(api).front();
  const ConvGraph graph(gpu, graph_of_line("n=32 h=50 w=50 c=64 f=128 k=3 pad=1 dtype=float32 pass=d_weights"));
  const auto strict = cudnn::find_plans(graph, {}, 1000), fast = cudnn::find_plans(graph, {.deterministic = false}, 1000);
  CHECK(fast.size() > strict.size());
  CHECK(std::ranges::any_of(fast, [](const auto& plan) { return !plan.deterministic(); }));
  for (const auto& plan : cudnn::find_plans(graph, {.workspace_limit = 1000}, 1000)) CHECK(plan.workspace <= 1000);
}
