#include "layers/rescaling.h"

#include "layers/emit_scale.h"

namespace lehr {

namespace {

class RescalingLayer final : public Layer {
 public:
  explicit RescalingLayer(Rescaling spec) : spec_(std::move(spec)) {}
  Shape output_shape(std::span<const Shape> in) const override {
    for (const std::size_t count : {spec_.scale.value().values.size(), spec_.offset.values.size()})
      if (count != 1 && (in[0].rank() == 0 || static_cast<std::int64_t>(count) != in[0].back()))
        throw Error({.category = Category::usage,
                     .what = "scale and offset do not fit the channels",
                     .expected = "one number or as many as channels, " + in[0].text(),
                     .got = std::to_string(count)});
    return in[0];
  }
  bool takes_raw_range() const override { return true; }
  Value emit(Emission& e) const override {
    const auto floats = [](const Numbers& numbers) { return std::vector<float>(numbers.values.begin(), numbers.values.end()); };
    auto offset = floats(spec_.offset);
    if (offset == std::vector<float>{0}) offset.clear();
    return emit_scale(e.plan, e.name, e.x[0], e.output.rank() == 0 ? 1 : e.output.back(), floats(spec_.scale), std::move(offset));
  }

 private:
  Rescaling spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Rescaling& spec) { return std::make_unique<RescalingLayer>(spec); }

}  // namespace lehr
