#include "kernels/spatial.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/spatial.h"

namespace lehr::check {
namespace {

Case place_case(const Problem& p, Backend& backend) {
  const Place2dSpec s{.batch = p.number("n", 1),
                      .height = p.number("h", 1),
                      .width = p.number("w", 1),
                      .channels = p.number("c", 1),
                      .out_height = p.number("oh", 1),
                      .out_width = p.number("ow", 1),
                      .top = p.number("top", 0),
                      .left = p.number("left", 0),
                      .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto &x = on.input(s.dtype, s.batch * s.height * s.width * s.channels),
       &y = on.memory(s.dtype, s.batch * s.out_height * s.out_width * s.channels);
  on.add({.name = "place",
          .run = [=, &x, &y, &stream = on.stream()] { op->run(x, y, stream); },
          .results = {{"y", &y, [s, &x] { return exactly(reference::place2d(s, x.values())); }}},
          .bytes = traffic(x, y)});
  return on;
}

Case resize_case(const Problem& p, Backend& backend) {
  const Resize2dSpec s{.batch = p.number("n", 1),
                       .height = p.number("h", 1),
                       .width = p.number("w", 1),
                       .channels = p.number("c", 1),
                       .out_height = p.number("oh", 1),
                       .out_width = p.number("ow", 1),
                       .bilinear = p.word("kind", "") == "bilinear",
                       .dtype = dtype_word(p)};
  Case on(backend);
  const auto op = on.prepare(s);
  const auto back = on.prepare(Resize2dBackwardSpec{s});
  const std::int64_t inputs = s.batch * s.height * s.width * s.channels, outputs = s.batch * s.out_height * s.out_width * s.channels;
  auto &x = on.input(s.dtype, inputs), &dy = on.input(s.dtype, outputs), &y = on.memory(s.dtype, outputs), &dx = on.memory(s.dtype, inputs);
  // The places of bilinear samples are float32 numbers of up to the image's size.
  const double steps = s.bilinear ? 64 * static_cast<double>(std::max(s.height, s.width)) : 8;
  on.add({.name = "resize",
          .run = [=, &x, &y, &stream = on.stream()] { op->run(x, y, stream); },
          .results = {{"y", &y,
                       [=, &x] {
                         auto want = reference::resize2d(s, x.values());
                         return within(s.dtype, steps, std::move(want.value), std::vector<double>(want.magnitude.size(), 1));
                       }}},
          .bytes = traffic(x, y)});
  on.add({.name = "resize_backward",
          .run = [=, &dy, &dx, &stream = on.stream()] { back->run(dy, dx, stream); },
          .results = {{"dx", &dx,
                       [=, &dy] {
                         auto want = reference::resize2d(s, dy.values(), true);
                         for (double& m : want.magnitude) m += 1;
                         return within(s.dtype, steps, std::move(want.value), want.magnitude);
                       }}},
          .bytes = traffic(dy, dx)});
  return on;
}

Case permute_case(const Problem& p, Backend& backend) {
  PermuteSpec s{.dtype = dtype_word(p)};
  std::int64_t count = 1;
  for (const char axis : p.word("order", "0")) s.order[s.rank++] = static_cast<std::size_t>(axis - '0');
  for (std::size_t k = 0; k < s.rank; ++k) count *= s.extents[k] = p.number("d" + std::to_string(k), 1);
  Case on(backend);
  const auto op = on.prepare(s);
  auto &x = on.input(s.dtype, count), &y = on.memory(s.dtype, count);
  on.add({.name = "permute",
          .run = [=, &x, &y, &stream = on.stream()] { op->run(x, y, stream); },
          .results = {{"y", &y, [s, &x] { return exactly(reference::permute(s, x.values())); }}},
          .bytes = traffic(x, y)});
  return on;
}

}  // namespace

Case spatial_case(const Problem& p, Backend& backend) {
  using Make = Case (*)(const Problem&, Backend&);
  return word_of<Make>(p, "kind", place_case,
                       {{"place", place_case}, {"nearest", resize_case}, {"bilinear", resize_case}, {"permute", permute_case}})(p, backend);
}

}  // namespace lehr::check
