#include "kernels/augment.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/augment.h"

namespace lehr::check {
namespace {

AugmentSpec spec_of(const Problem& p) {
  const auto real = [&](const char* key, double otherwise) { return static_cast<float>(p.real(key, otherwise)); };
  return {.kind = word_of<AugmentKind>(p, "kind", AugmentKind::flip,
                                       {{"flip", AugmentKind::flip},
                                        {"rotation", AugmentKind::rotation},
                                        {"translation", AugmentKind::translation},
                                        {"zoom", AugmentKind::zoom},
                                        {"contrast", AugmentKind::contrast},
                                        {"brightness", AugmentKind::brightness},
                                        {"crop", AugmentKind::crop}}),
          .batch = p.number("n", 1),
          .height = p.number("h", 1),
          .width = p.number("w", 1),
          .channels = p.number("c", 1),
          .out_height = p.number("oh", p.number("h", 1)),
          .out_width = p.number("ow", p.number("w", 1)),
          .lower = real("lower", -0.2),
          .upper = real("upper", 0.3),
          .width_lower = real("width_lower", -0.3),
          .width_upper = real("width_upper", 0.2),
          .same_zoom = p.number("same_zoom", 0) != 0,
          .flip = word_of<FlipMode>(
              p, "flip", FlipMode::horizontal_and_vertical,
              {{"horizontal", FlipMode::horizontal}, {"vertical", FlipMode::vertical}, {"both", FlipMode::horizontal_and_vertical}}),
          .fill_mode = word_of<FillMode>(
              p, "fill", FillMode::reflect,
              {{"reflect", FillMode::reflect}, {"wrap", FillMode::wrap}, {"constant", FillMode::constant}, {"nearest", FillMode::nearest}}),
          .fill_value = real("fill_value", 0),
          .bilinear = p.number("bilinear", 1) != 0,
          .training = p.number("training", 1) != 0,
          .key = {.seed = static_cast<std::uint64_t>(p.number("seed", 7)), .stream = 3},
          .from = dtype_word(p, "from"),
          .to = dtype_word(p, "to")};
}

/// Where a pixel is read is right to a few roundings of the image's size; what that changes is at most the largest step between pixels.
Expected expected(const AugmentSpec& s, std::uint64_t step, const std::vector<double>& x) {
  auto y = reference::augment(s, step, x);
  const double position = std::ldexp(static_cast<double>(s.height + s.width), -22), rounding = 1e-5;
  return within(std::move(y), s.to == DType::bf16 ? 0.00391 : 2e-7, 255 * position + rounding);
}

}  // namespace

Case augment_case(const Problem& p, Backend& backend) {
  const AugmentSpec s = spec_of(p);
  const StepCounters counters{.step = p.number("step", 5)};
  Case on(backend);
  const auto op = on.prepare(s);
  auto& x = on.input(s.from, s.batch * s.height * s.width * s.channels, 0, 256);
  const bool crop = s.kind == AugmentKind::crop;
  auto& y = on.memory(s.to, s.batch * (crop ? s.out_height * s.out_width : s.height * s.width) * s.channels);
  on.add({.name = "augment",
          .run = [op, at = on.record(counters), &x, &y, &stream = on.stream()] { op->run(x, at, y, stream); },
          .results = {{"y", &y, [s, counters, &x] { return expected(s, static_cast<std::uint64_t>(counters.step), x.values()); }}},
          .bytes = crop ? 2 * y.size() : traffic(x, y)});
  return on;
}

}  // namespace lehr::check
