#include "kernels/broadcast.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/broadcast.h"

namespace lehr::check {
namespace {

std::int64_t elements(const std::array<std::int64_t, 3>& s) { return s[0] * s[1] * s[2]; }

}  // namespace

Case broadcast_case(const Problem& p, Backend& backend) {
  BroadcastSpec s{.function = word_of<BinaryFunction>(p, "function", BinaryFunction::multiply,
                                                      {{"add", BinaryFunction::add},
                                                       {"subtract", BinaryFunction::subtract},
                                                       {"multiply", BinaryFunction::multiply},
                                                       {"divide", BinaryFunction::divide},
                                                       {"maximum", BinaryFunction::maximum},
                                                       {"minimum", BinaryFunction::minimum},
                                                       {"prelu", BinaryFunction::prelu}}),
                  .dtype = dtype_word(p),
                  .b_dtype = dtype_word(p, "b", dtype_word(p))};
  const std::int64_t outer = p.number("outer", 1), middle = p.number("middle", 1), channels = p.number("c", 1);
  const auto keeps = [&](const char* key, char axis) { return p.word(key, "omc").find(axis) != std::string_view::npos; };
  for (const char* key : {"a", "of_b"}) {
    const std::array<std::int64_t, 3> shape{keeps(key, 'o') ? outer : 1, keeps(key, 'm') ? middle : 1, keeps(key, 'c') ? channels : 1};
    (key[0] == 'a' ? s.a : s.b) = shape;
  }
  Case on(backend);
  const auto forward = on.prepare(s);
  auto &a = on.input(s.dtype, elements(s.a)), &dy = on.input(s.dtype, s.count());
  auto& b = s.function == BinaryFunction::divide ? on.input(s.b_dtype, elements(s.b), 0.5, 2) : on.input(s.b_dtype, elements(s.b));
  auto& y = on.memory(s.dtype, s.count());
  on.add({.name = "forward",
          .run = [=, &a, &b, &y, &stream = on.stream()] { forward->run(a, b, y, stream); },
          .results = {{"y", &y,
                       [s, &a, &b] {
                         return within(reference::broadcast(s, a.values(), b.values()), s.dtype == DType::bf16 ? 0.00391 : 2e-7, 2e-7);
                       }}},
          .bytes = traffic(a, b, y)});
  for (const bool of_b : {false, true}) {
    const auto op = on.prepare(BroadcastBackwardSpec{.forward = s, .of_b = of_b});
    auto &gradient = on.memory(of_b ? s.b_dtype : s.dtype, of_b ? elements(s.b) : elements(s.a)),
         &workspace = on.workspace(op->workspace_bytes());
    on.add({.name = of_b ? "d_b" : "d_a",
            .run = [=, &a, &b, &dy, &gradient, &workspace, &stream = on.stream()] { op->run(a, b, dy, gradient, workspace, stream); },
            .results = {{of_b ? "d_b" : "d_a", &gradient,
                         [s, of_b, &a, &b, &dy, &gradient] {
                           auto want = reference::broadcast_backward(s, of_b, a.values(), b.values(), dy.values());
                           return within(gradient.dtype(), 1, std::move(want.value), want.magnitude);
                         }}},
            .bytes = traffic(a, b, dy, gradient)});
  }
  return on;
}

}  // namespace lehr::check
