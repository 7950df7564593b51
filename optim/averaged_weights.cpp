#include "optim/averaged_weights.h"

namespace lehr {

std::vector<float> AveragedWeights::averaged() const {
  std::vector<float> values(state_->parameters().count), plane(static_cast<std::size_t>(state_->trainable_count()));
  state_->backend().copy_out(values.data(), state_->parameters().data, values.size() * sizeof(float));
  state_->backend().copy_out(plane.data(), state_->slot_plane(which_.plane).data, plane.size() * sizeof(float));
  const auto k = static_cast<float>(which_.extrapolation);
  for (std::size_t i = 0; i < plane.size(); ++i) values[i] = which_.average ? plane[i] : values[i] + k * (values[i] - plane[i]);
  return values;
}

void AveragedWeights::write(const std::vector<float>& values) {
  state_->backend().copy_in(state_->parameters().data, values.data(), values.size() * sizeof(float));
  state_->refresh_copy();
  state_->touch();
}

// Before the first step there is nothing but the weights themselves.
void AveragedWeights::enter() {
  if (inside() || state_->read_counters().step == 0) return;
  const std::vector<float> other = averaged();
  training_.resize(other.size());
  state_->backend().copy_out(training_.data(), state_->parameters().data, training_.size() * sizeof(float));
  write(other);
}

void AveragedWeights::leave() {
  if (!inside()) return;
  write(training_);
  training_.clear();
}

void AveragedWeights::keep() {
  if (inside() || state_->read_counters().step == 0) return;
  write(averaged());
}

}  // namespace lehr
