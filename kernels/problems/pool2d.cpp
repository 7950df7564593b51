#include "kernels/pool2d.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/pool2d.h"

namespace lehr::check {
namespace {

Pool2dShape shape_of(const Problem& p) {
  const std::int64_t k = p.number("k", 2), kh = p.number("kh", k), kw = p.number("kw", k), pad = p.number("pad", 0);
  return {.batch = p.number("n", 1),
          .height = p.number("h", 1),
          .width = p.number("w", 1),
          .channels = p.number("c", 1),
          .kernel_h = kh,
          .kernel_w = kw,
          .stride_h = p.number("stride_h", p.number("stride", kh)),
          .stride_w = p.number("stride_w", p.number("stride", kw)),
          .pad_top = p.number("pad_top", pad),
          .pad_bottom = p.number("pad_bottom", pad),
          .pad_left = p.number("pad_left", pad),
          .pad_right = p.number("pad_right", pad)};
}

double terms(const Pool2dShape& s) { return static_cast<double>(s.kernel_h * s.kernel_w); }

/// Maxima are exact, means are sums.
Expected pooled(const Pool2dShape& s, Pooling pooling, DType dtype, double rounding_steps, const Guarded& x) {
  auto y = reference::pool2d(s, pooling, x.values()).y;
  return pooling == Pooling::max ? exactly(std::move(y.value)) : within(dtype, rounding_steps, std::move(y.value), y.magnitude);
}
Expected gradient(const Pool2dShape& s, Pooling pooling, DType dtype, double rounding_steps, const Guarded& x, const Guarded& dy) {
  auto dx = reference::pool2d_backward(s, pooling, x.values(), dy.values());
  return within(dtype, rounding_steps, std::move(dx.value), dx.magnitude);
}
Expected winners(const Pool2dShape& s, const Guarded& x) { return exactly(reference::pool2d(s, Pooling::max, x.values()).index); }

struct Operands {
  Pool2dShape s;
  Pooling pooling;
  DType dtype;
  Guarded &x, &dy, &y, &index, &given, &dx;  ///< given: the index that backward reads
};

Operands operands_of(Case& on, const Pool2dShape& s, Pooling pooling, DType dtype, DType index) {
  const std::int64_t inputs = s.batch * s.height * s.width * s.channels, outputs = s.batch * s.out_height() * s.out_width() * s.channels;
  const std::int64_t indices = pooling == Pooling::max ? outputs : 0;
  return {s,
          pooling,
          dtype,
          on.input(dtype, inputs),
          on.input(dtype, outputs),
          on.memory(dtype, outputs),
          on.memory(index, indices),
          on.memory(index, indices),
          on.memory(dtype, inputs)};
}

void add_windows(Case& on, const Operands& o) {
  const auto forward =
      on.prepare(Pool2dForwardSpec{.shape = o.s, .pooling = o.pooling, .dtype = o.dtype, .index = o.pooling == Pooling::max});
  const auto alone = on.prepare(Pool2dForwardSpec{.shape = o.s, .pooling = o.pooling, .dtype = o.dtype});
  const auto backward = on.prepare(Pool2dBackwardSpec{.shape = o.s, .pooling = o.pooling, .dtype = o.dtype});
  Stream& stream = on.stream();
  forward->run(o.x, o.y, o.given, stream);
  const Result y{"y", &o.y, [o] { return pooled(o.s, o.pooling, o.dtype, terms(o.s), o.x); }};
  Pass training{.name = "forward",
                .run = [forward, o, &stream] { forward->run(o.x, o.y, o.index, stream); },
                .results = {y},
                .bytes = traffic(o.x, o.y, o.index)};
  if (o.pooling == Pooling::max) training.results.push_back({"index", &o.index, [o] { return winners(o.s, o.x); }});
  on.add(std::move(training));
  on.add(
      {.name = "inference", .run = [alone, o, &stream] { alone->run(o.x, o.y, {}, stream); }, .results = {y}, .bytes = traffic(o.x, o.y)});
  on.add({.name = "d_input",
          .run = [backward, o, &stream] { backward->run(o.dy, o.given, o.dx, stream); },
          .results = {{"dx", &o.dx, [o] { return gradient(o.s, o.pooling, o.dtype, terms(o.s), o.x, o.dy); }}},
          .bytes = traffic(o.dy, o.given, o.dx)});
}

/// The contract: float32 over 64 pixels, double beyond.
constexpr double global_terms = 64;

void add_global(Case& on, const Operands& o) {
  const GlobalPool2dSpec spec{
      .batch = o.s.batch, .pixels = o.s.height * o.s.width, .channels = o.s.channels, .pooling = o.pooling, .dtype = o.dtype};
  const auto forward = on.prepare(spec);
  const auto backward = on.prepare(GlobalPool2dBackwardSpec{spec});
  Stream& stream = on.stream();
  forward->run(o.x, o.y, o.given, stream);
  Pass pass{.name = "forward",
            .run = [forward, o, &stream] { forward->run(o.x, o.y, o.index, stream); },
            .results = {{"y", &o.y, [o] { return pooled(o.s, o.pooling, o.dtype, global_terms, o.x); }}},
            .bytes = traffic(o.x, o.y, o.index)};
  if (o.pooling == Pooling::max) pass.results.push_back({"index", &o.index, [o] { return winners(o.s, o.x); }});
  on.add(std::move(pass));
  on.add({.name = "d_input",
          .run = [backward, o, &stream] { backward->run(o.dy, o.given, o.dx, stream); },
          .results = {{"dx", &o.dx, [o] { return gradient(o.s, o.pooling, o.dtype, 1, o.x, o.dy); }}},
          .bytes = traffic(o.dy, o.given, o.dx)});
}

}  // namespace

Case pool2d_case(const Problem& problem, Backend& backend) {
  enum class Kind : std::uint8_t { max, average, global_max, global_average };
  const Kind kind = word_of<Kind>(
      problem, "kind", Kind::max,
      {{"max", Kind::max}, {"average", Kind::average}, {"global_max", Kind::global_max}, {"global_average", Kind::global_average}});
  const Pooling pooling = kind == Kind::max || kind == Kind::global_max ? Pooling::max : Pooling::average;
  Pool2dShape s = shape_of(problem);
  Case on(backend);
  if (kind == Kind::max || kind == Kind::average) {
    add_windows(on, operands_of(on, s, pooling, dtype_word(problem), DType::u8));
    return on;
  }
  s = {.batch = s.batch,
       .height = s.height,
       .width = s.width,
       .channels = s.channels,
       .kernel_h = s.height,
       .kernel_w = s.width,
       .stride_h = s.height,
       .stride_w = s.width};
  add_global(on, operands_of(on, s, pooling, dtype_word(problem), DType::i32));
  return on;
}

}  // namespace lehr::check
