#include "tune/keras_slots.h"

namespace lehr {

namespace {

class Slots {
 public:
  Slots(const Optimizer& optimizer, const std::vector<StateTensor>& tensors, std::int64_t plane)
      : optimizer_(optimizer), names_(optimizer.slot_names()), plane_(plane) {
    for (const auto& t : tensors)
      if (t.trainable) tensors_.push_back(&t);
  }

  std::vector<KerasSlot> all() {
    std::size_t common = names_.size();
    if (optimizer_.options().use_ema) add_plane(common++);
    if (optimizer_.options().gradient_accumulation_steps) add_plane(common++);
    if (optimizer_.info().class_name == "Adafactor")
      add_factored(static_cast<std::int64_t>(common) * plane_);
    else
      for (const auto& group : groups()) add_group(group);
    return std::move(slots_);
  }

 private:
  /// Planes of one group are interleaved, groups follow each other.
  std::vector<std::vector<std::size_t>> groups() const {
    const bool by_plane = optimizer_.info().class_name == "RMSprop";
    std::vector<std::vector<std::size_t>> out;
    for (std::size_t plane = 0; plane < names_.size(); ++plane) {
      if (out.empty() || by_plane || names_[plane] == "velocity_hat") out.emplace_back();
      out.back().push_back(plane);
    }
    return out;
  }

  void add(const StateTensor& t, std::size_t plane) {
    slots_.push_back({.tensor = t.name, .shape = t.shape, .at = static_cast<std::int64_t>(plane) * plane_ + t.offset});
  }
  void add_plane(std::size_t plane) {
    for (const auto* t : tensors_) add(*t, plane);
  }
  void add_group(const std::vector<std::size_t>& planes) {
    for (const auto* t : tensors_)
      for (const std::size_t plane : planes)
        if (optimizer_.keeps(plane, *t)) add(*t, plane);
  }

  /// As kernels/factored_moments.h lays them out.
  void add_factored(std::int64_t at) {
    for (const auto* t : tensors_) {
      const auto& extents = t->shape.extents();
      const auto add_moments = [&](const Shape& shape) {
        slots_.push_back({.tensor = t->name, .shape = shape, .at = at});
        at += shape.elements();
      };
      if (extents.size() < 2) {
        for (int i = 0; i < 2; ++i) slots_.push_back({.tensor = t->name, .shape = Shape{}});
        add_moments(t->shape);
        continue;
      }
      std::vector<std::int64_t> rows(extents.begin(), extents.end() - 1), columns(extents.begin(), extents.end());
      columns.erase(columns.end() - 2);
      add_moments(Shape(std::move(rows)));
      add_moments(Shape(std::move(columns)));
      slots_.push_back({.tensor = t->name, .shape = t->shape, .product = true});
    }
  }

  const Optimizer& optimizer_;
  std::vector<std::string> names_;
  std::int64_t plane_;
  std::vector<const StateTensor*> tensors_;
  std::vector<KerasSlot> slots_;
};

}  // namespace

std::vector<KerasSlot> keras_slots(const Optimizer& optimizer, const std::vector<StateTensor>& tensors, std::int64_t plane) {
  return Slots(optimizer, tensors, plane).all();
}

}  // namespace lehr
