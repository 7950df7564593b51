// cuBLASLt's path over a library that computes on the host (tests/cuda/fakes/host_cublaslt.cpp): what the descriptors say, that the numbers are
// float64's, what the planner makes of it, and that whole networks train as they do on a CPU.
#include <doctest/doctest.h>

#ifdef LEHR_WITH_CUBLASLT
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "engine/planner.h"
#include "kernels/cuda/cublaslt/session.h"
#include "kernels/cuda/libraries.h"
#include "kernels/device_facts.h"
#include "kernels/make.h"
#include "kernels/problems/check.h"
#include "tests/check/environment.h"
#include "tests/device/networks.h"

namespace lehr::check {
namespace {

/// The executor with the host's cuBLASLt; `refused`: epilogues that it has no algorithm for.
class WithCublasLt {
 public:
  explicit WithCublasLt(const std::string& refused = {}) : refused_("LEHR_REFUSED_EPILOGUES", " " + refused + " ") {
    CHECK(cuda->open_libraries().starts_with("convolutions run on lehr's own kernels: cuDNN: its library was not found"));
    REQUIRE(programs(*cuda).products == "cuBLASLt 13.0.0");
    cuda->libraries()->cublaslt->api->library.bind(book_, "lehr_products");
    void (*forget)() = nullptr;
    cuda->libraries()->cublaslt->api->library.bind(forget, "lehr_forget_products");
    forget();
  }
  /// A line a product, since this was made.
  std::string products() const { return book_(); }
  std::map<int, int> epilogues() const {
    std::map<int, int> count;
    const std::string all = products(), word = "epilogue ";
    for (auto at = all.find(word); at != std::string::npos; at = all.find(word, at + 1)) ++count[std::atoi(all.c_str() + at + word.size())];
    return count;
  }

 private:
  EnvironmentVariable path_{"LEHR_CUDA_PATH", LEHR_BINARY_DIR "/tests/fakes/host_cublaslt"}, refused_;
  const char* (*book_)() = nullptr;

 public:
  std::shared_ptr<Cuda> cuda = std::make_shared<Cuda>();
};

constexpr int bias = 4, relu_bias = 6, relu_aux_bias = 134, drelu = 136, bgrada = 256, plain = 1;

/// Runs a product once and gives the line that the library wrote down.
std::string line_of(const FusedMatmulSpec& f) {
  const WithCublasLt on;
  const MatmulSpec& s = f.product;
  const std::shared_ptr<FusedMatmul> op = make(f, *on.cuda);
  REQUIRE(op != nullptr);
  CHECK(op->implementation() == "cuBLASLt 13.0.0");
  const auto count = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  Guarded a(*on.cuda, s.a, count(s.m * s.k)), b(*on.cuda, s.b, count(s.k * s.n)), c(*on.cuda, s.c, count(s.m * s.n)),
      added(*on.cuda, DType::f32, s.bias ? count(s.n) : 0), sums(*on.cuda, DType::f32, f.sums ? count(s.n) : 0),
      mask(*on.cuda, DType::u8, op->mask_bytes()), workspace(*on.cuda, DType::u8, op->workspace_bytes());
  op->run({.a = a, .b = b, .bias = added, .c = c, .mask = mask, .sums = sums}, workspace, on.cuda->stream());
  return on.products();
}

std::vector<std::string> operations(const Network& network, const Shape& input, const std::shared_ptr<Cuda>& backend) {
  const BuiltNetwork built(network, input);
  State state(*backend, built.tensors(), false);
  Planner p(state, {.mode = PlanMode::train, .batch = 8});
  const Value x = p.bound("x", 8 * input.elements(), DType::f32), y = built.emit(p, x).back(),
              dy = p.bound("dy", 8 * built.output().elements(), DType::f32);
  const Value from = p.logits(y) ? p.logits(y) : y;
  p.contribute(from, [&](Value gradient) { p.copy("test", dy, gradient); });
  p.backward();
  const auto plan = p.finish();
  std::vector<std::string> all;
  for (const PlanOp& op : plan->operations()) all.push_back(op.name + " of " + op.layer + (op.by.empty() ? "" : ", " + op.by));
  return all;
}

bool has(const std::vector<std::string>& all, const std::string& one) { return std::ranges::find(all, one) != all.end(); }
bool none_begins(const std::vector<std::string>& all, const std::string& begin) {
  return std::ranges::none_of(all, [&](const std::string& s) { return s.starts_with(begin); });
}

const char* two_relus = "flatten | dense(16, relu, name=a) | dense(12, relu, name=b) | dense(4, softmax, name=c)";

}  // namespace

// A, B and D are column-major and therefore the transposes of b, a and c.
TEST_CASE("cublaslt: layouts, transposes and epilogues of a dense layer's products") {
  const MatmulSpec forward{.m = 32, .n = 320, .k = 784, .bias = true, .activation = Activation::relu};
  CHECK(line_of({.product = forward}) == "A 320x784 f32, B 784x32 f32, D 320x32 f32, epilogue 6\n");
  CHECK(line_of({.product = forward, .mask = ReluMask::writes}) ==
        "A 320x784 f32, B 784x32 f32, D 320x32 f32, epilogue 134, mask step 384\n");
  const MatmulSpec d_input{.m = 32, .n = 320, .k = 10, .transpose_b = true, .a = DType::bf16, .b = DType::bf16, .c = DType::bf16};
  CHECK(line_of({.product = d_input, .mask = ReluMask::applies}) ==
        "A 10x320T bf16, B 10x32 bf16, D 320x32 bf16, epilogue 136, mask step 384\n");
  const MatmulSpec d_kernel{.m = 784, .n = 320, .k = 32, .transpose_a = true, .a = DType::bf16, .b = DType::bf16, .c = DType::f32};
  CHECK(line_of({.product = d_kernel, .sums = true}) == "A 320x32 bf16, B 784x32T bf16, D 320x784 f32, epilogue 256\n");
  CHECK(line_of({.product = {.m = 8, .n = 16, .k = 24, .bias = true, .tf32 = true}}) ==
        "A 16x24 f32, B 24x8 f32, D 16x8 f32, epilogue 4, tf32\n");
}

TEST_CASE("cublaslt: products that make no sense together are refused; those that the library has not are left to others") {
  const WithCublasLt on("136 256");
  const MatmulSpec s{.m = 8, .n = 8, .k = 8};
  CHECK_THROWS_AS(make(FusedMatmulSpec{.product = s, .mask = ReluMask::writes}, *on.cuda), Error);  // of no relu
  CHECK_THROWS_AS(make(FusedMatmulSpec{.product = {.m = 8, .n = 8, .k = 8, .bias = true}, .sums = true}, *on.cuda), Error);
  CHECK_THROWS_AS(make(FusedMatmulSpec{.product = {.m = 8, .n = 8, .k = 8, .c = DType::bf16}, .sums = true}, *on.cuda), Error);
  CHECK(make(FusedMatmulSpec{.product = s, .mask = ReluMask::applies}, *on.cuda) == nullptr);
  CHECK(make(FusedMatmulSpec{.product = s, .sums = true}, *on.cuda) == nullptr);
  CHECK(make(FusedMatmulSpec{.product = s}, *std::make_shared<Cuda>()) == nullptr);  // without a library
  CHECK(make(MatmulSpec{.m = 8, .n = 8, .k = 8, .a = DType::f32, .b = DType::bf16}, *on.cuda)->implementation() == "ours, registers");
}

TEST_CASE("cublaslt: every product agrees with float64, those of one launch with a neighbour's work, too") {
  const Family& family = family_of("matmul");
  std::size_t results = 0, fused = 0;
  for (const ProblemList& list : problem_lists()) {
    if (list.family != "matmul" || list.timed()) continue;
    for (const Problem& line : parse_problems(list.text))
      for (const Problem& problem : variations(family, line.with("variant=automatic"), *WithCublasLt().cuda)) {
        INFO(problem.text());
        const WithCublasLt on;
        for (const Finding& f : check_problem(family, problem, *on.cuda)) {
          ++results;
          fused += problem.has("mask") || problem.has("sums") ? 1 : 0;
          if (!f.holds()) FAIL_CHECK(f.text());
        }
      }
  }
  CHECK(results > 60);
  CHECK(fused >= 6 * 2);
}

TEST_CASE("cublaslt: the planner takes relu's gradient and the bias gradient into the products; what is refused runs on our own kernels") {
  const Network network = network_from_text(two_relus);
  const WithCublasLt all;
  const auto fused = operations(network, {4, 4, 1}, all.cuda);
  for (const char* one :
       {"dense of a, cuBLASLt 13.0.0", "dense d kernel, d bias of c, cuBLASLt 13.0.0", "dense d input, relu of c, cuBLASLt 13.0.0",
        "dense d input, relu of b, cuBLASLt 13.0.0", "dense d kernel, d bias of a, cuBLASLt 13.0.0"})
    CHECK_MESSAGE(has(fused, one), one);
  CHECK(none_begins(fused, "activation backward"));
  CHECK(none_begins(fused, "d bias"));

  const auto without_drelu = operations(network, {4, 4, 1}, WithCublasLt("136").cuda);
  CHECK(has(without_drelu, "dense d input of c, cuBLASLt 13.0.0"));
  CHECK(has(without_drelu, "activation backward of b"));
  CHECK(has(without_drelu, "dense d kernel, d bias of b, cuBLASLt 13.0.0"));
  CHECK(none_begins(without_drelu, "d bias"));

  const auto without_mask = operations(network, {4, 4, 1}, WithCublasLt("134").cuda);  // nobody writes one, so nobody applies it
  CHECK(has(without_mask, "activation backward of b"));
  CHECK(none_begins(without_mask, "dense d input, relu"));

  const auto without_sums = operations(network, {4, 4, 1}, WithCublasLt("256").cuda);
  CHECK(has(without_sums, "dense d kernel of b, cuBLASLt 13.0.0"));
  CHECK(has(without_sums, "d bias of b"));
  CHECK(has(without_sums, "dense d input, relu of c, cuBLASLt 13.0.0"));

  const auto ours = operations(network, {4, 4, 1}, std::make_shared<Cuda>());
  CHECK(has(ours, "dense of a, ours, registers"));
  CHECK(has(ours, "activation backward of a"));
  CHECK(none_begins(ours, "dense d kernel, d bias"));
}

TEST_CASE("cublaslt: where somebody else reads relu's output, or comes between, its gradient is an operation of its own") {
  const auto relu_inside = [](const Network& network, const char* layer) {
    return has(operations(network, {6}, WithCublasLt().cuda), std::string("dense d input, relu of ") + layer + ", cuBLASLt 13.0.0");
  };
  CHECK(relu_inside(network_from_text("dense(8, relu, name=a) | dense(4, name=b)"), "b"));
  CHECK_FALSE(relu_inside(network_from_text("dense(8, relu, name=a) | dropout(0.5) | dense(4, name=b)"), "b"));
  CHECK_FALSE(relu_inside(network_from_text("dense(8, tanh, name=a) | dense(4, name=b)"), "b"));
  CHECK_FALSE(relu_inside(network_from_text("dense(8, relu, name=a) | add(identity, dense(8, name=b))"), "b"));
}

TEST_CASE("cublaslt: networks train as on the CPU, with every epilogue and with each refused") {
  std::vector<TrainingCase> cases;
  for (const TrainingCase& c : training_cases())
    for (const char* wanted : {"dense", "penalties, constraints, a sum", "frozen base", "bfloat16", "one-hot, weighted", "regression"})
      if (c.name == wanted) cases.push_back(c);
  cases.push_back({.name = "two relus", .network = chain(two_relus, {4, 4, 1})});
  cases.push_back({.name = "its activity is penalized, too",
                   .network = chain("flatten | dense(16, relu, activity_regularizer=l2(0.1)) | dense(4, softmax)", {4, 4, 1})});
  cases.push_back({.name = "two relus, bfloat16", .network = chain(two_relus, {4, 4, 1}), .precision = Precision::mixed_bfloat16});
  std::optional<WithCublasLt> on;
  for (const char* refused : {"", "136", "134", "256", "134 256"}) {
    CAPTURE(refused);
    std::map<int, int> used;
    agree(cases, 2, 3e-4, 3e-2, [&] {
      if (on)
        for (const auto& [epilogue, times] : on->epilogues()) used[epilogue] += times;
      on.reset();
      return on.emplace(refused).cuda;
    });
    for (const auto& [epilogue, times] : on->epilogues()) used[epilogue] += times;
    on.reset();
    const std::string without(refused);
    CHECK((used[drelu] > 0) == (without.empty() || without == "256"));
    CHECK((used[bgrada] > 0) == (without.find("256") == std::string::npos));
    CHECK((used[relu_aux_bias] > 0) == (used[drelu] > 0));
    CHECK(used[bias] > 0);
    CHECK(used[plain] > 0);
    if (used[drelu] == 0) CHECK(used[relu_bias] > 0);  // a mask that nobody applies is not written
  }
}

TEST_CASE("cublaslt: a training step is still one launch, its products are computed by it, and twice the same bits come out") {
  const TrainingCase c{.name = "two relus", .network = chain(two_relus, {4, 4, 1})};
  std::vector<std::vector<float>> weights;
  for (int i = 0; i < 2; ++i) {
    const WithCublasLt on;
    CudaCounters first, last;
    std::size_t lines[2] = {};
    int step = 0;
    Model model = training_model(c, on.cuda);
    model.fit(training_rows(c, 8 * 4), {.epochs = 1, .batch_size = 8, .interrupted = [&] {
                                          ++step;
                                          const std::string book = on.products();
                                          if (step == 1) first = on.cuda->counters();
                                          if (step == 3) last = on.cuda->counters();
                                          if (step == 1 || step == 3) lines[step == 3] = std::ranges::count(book, '\n');
                                          return false;
                                        }});
    CHECK(last.graph_launches - first.graph_launches == 2);
    CHECK(last.launches == first.launches);
    CHECK(last.host_copies == first.host_copies);
    CHECK(last.allocations == first.allocations);
    CHECK(lines[1] - lines[0] == 2 * (3 + 3 + 2));  // forward, d kernel, d input but the first's
    weights.push_back(model.state().snapshot());
  }
  CHECK(weights[0] == weights[1]);
}

}  // namespace lehr::check
#else
TEST_CASE("cublaslt: built without its header") { MESSAGE("skipped: cublasLt.h was not found"); }
#endif
