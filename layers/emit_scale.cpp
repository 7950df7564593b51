#include "layers/emit_scale.h"

#include "kernels/elementwise.h"

namespace lehr {

Value emit_scale(Planner& p, const std::string& layer, Value x, std::int64_t channels, std::vector<float> scale,
                 std::vector<float> offset) {
  const bool each = scale.size() > 1 || offset.size() > 1;
  const ScaleOffsetSpec spec{.rows = each ? p.count(x) / channels : p.count(x),
                             .channels = each ? channels : 1,
                             .scale = std::move(scale),
                             .offset = std::move(offset),
                             .dtype = p.dtype(x)};
  const auto emit = [&p, layer](const char* what, const ScaleOffsetSpec& of, Value from, Value to) {
    auto op = p.prepare(of);
    p.add({.name = what, .layer = layer, .reads = {from}, .writes = {to}, .run = [op, from, to](const Binding& v, View, Stream& s) {
             op->run(v[from], v[to], s);
           }});
  };
  const Value y = p.tensor(layer, p.count(x), p.dtype(x));
  emit("rescaling", spec, x, y);
  p.require_gradient(y, p.requires_gradient(x));
  p.on_backward([&p, x, y, spec, emit] {
    if (!p.has_gradient(y)) return;
    p.contribute(x, [&](Value dx) {
      ScaleOffsetSpec back = spec;
      back.offset.clear();
      emit("rescaling backward", back, p.gradient(y), dx);
    });
  });
  return y;
}

}  // namespace lehr
