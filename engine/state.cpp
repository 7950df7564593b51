#include "engine/state.h"

#include "kernels/elementwise.h"
#include "kernels/make.h"

namespace lehr {

namespace {
constexpr std::int64_t alignment = 16;  // elements: 64 bytes in float32
std::int64_t aligned(std::int64_t count) { return (count + alignment - 1) / alignment * alignment; }
}  // namespace

State::State(Backend& backend, std::vector<StateTensor> tensors, bool copy)
    : backend_(&backend), tensors_(std::move(tensors)), has_copy_(copy) {
  for (const bool trainable : {true, false}) {
    for (auto& t : tensors_) {
      if (t.statistic || t.trainable != trainable) continue;
      t.offset = parameter_count_;
      parameter_count_ += aligned(t.shape.elements());
    }
    if (trainable) trainable_ = parameter_count_;
  }
  for (auto& t : tensors_) {
    if (!t.statistic) continue;
    t.trainable = false;
    t.offset = statistic_count_;
    statistic_count_ += aligned(t.shape.elements());
  }
  const auto make = [&](std::int64_t count, DType dtype) {
    Buffer buffer = allocate(backend, static_cast<std::size_t>(count) * size_of(dtype), [this] { return memory(); });
    if (count != 0) backend.zero(buffer.data(), buffer.bytes());
    return buffer;
  };
  parameters_ = make(parameter_count_, DType::f32);
  statistics_ = make(statistic_count_, DType::f32);
  gradients_ = make(trainable_, DType::f32);
  if (copy) copy_ = make(parameter_count_, DType::bf16);
  counters_ = Buffer(backend, sizeof(StepCounters));
  backend.zero(counters_.data(), counters_.bytes());
}

std::vector<MemoryLine> State::memory() const {
  const auto bytes = [](std::int64_t count, DType dtype = DType::f32) { return static_cast<std::size_t>(count) * size_of(dtype); };
  MemoryLine weights{.name = "weights", .bytes = bytes(parameter_count_)};
  for (const auto& t : tensors_)
    if (!t.statistic) weights.parts.push_back({.name = t.name, .bytes = bytes(t.shape.elements())});
  const auto slots = static_cast<std::int64_t>(slot_initial_.size()) * trainable_ + slot_extra_;
  return {std::move(weights),
          {.name = "moving statistics", .bytes = bytes(statistic_count_)},
          {.name = "bfloat16 copy of the weights", .bytes = has_copy_ ? bytes(parameter_count_, DType::bf16) : 0},
          {.name = "gradients of the weights", .bytes = bytes(trainable_)},
          {.name = "the optimizer's state", .bytes = bytes(slots)}};
}

View State::value(std::size_t index) const {
  const auto& t = tensors_.at(index);
  const Buffer& arena = t.statistic ? statistics_ : parameters_;
  return {static_cast<float*>(arena.data()) + t.offset, DType::f32, static_cast<std::size_t>(t.shape.elements())};
}

View State::gradient(std::size_t index) const {
  const auto& t = tensors_.at(index);
  if (!t.trainable) return {};
  return {static_cast<float*>(gradients_.data()) + t.offset, DType::f32, static_cast<std::size_t>(t.shape.elements())};
}

View State::copy_of(std::size_t index) const {
  const auto& t = tensors_.at(index);
  if (t.statistic || !has_copy()) return {};
  return {static_cast<bf16*>(copy_.data()) + t.offset, DType::bf16, static_cast<std::size_t>(t.shape.elements())};
}

std::vector<Segment> State::segments() const {
  std::vector<Segment> out;
  for (const auto& t : tensors_)
    if (t.trainable) out.push_back({.offset = t.offset, .count = t.shape.elements(), .decays = t.decays});
  return out;
}

void State::set_slots(const std::vector<float>& initial, std::int64_t extra) {
  if (initial == slot_initial_ && extra == slot_extra_) return;
  slot_initial_ = initial;
  slot_extra_ = extra;
  const auto plane = static_cast<std::size_t>(trainable_);
  std::vector<float> values;
  values.reserve(initial.size() * plane + static_cast<std::size_t>(extra));
  for (const float v : initial) values.insert(values.end(), plane, v);
  values.resize(values.size() + static_cast<std::size_t>(extra));
  slots_ = Buffer();
  try {
    slots_ = allocate(*backend_, values.size() * sizeof(float), [this] { return memory(); });
  } catch (...) {
    slot_initial_.clear();
    slot_extra_ = 0;
    throw;
  }
  ++layout_;
  if (!values.empty()) backend_->copy_in(slots_.data(), values.data(), slots_.bytes());
}

View State::slot_plane(int plane) const {
  const auto begin = static_cast<std::size_t>(plane) * static_cast<std::size_t>(trainable_);
  return {static_cast<float*>(slots_.data()) + begin, DType::f32, slots().count - begin};
}

Array State::read(std::size_t index) const {
  Array out(tensors_.at(index).shape, DType::f32);
  backend_->copy_out(out.data(), value(index).data, out.bytes());
  return out;
}

void State::write(std::size_t index, const Array& values) {
  const auto& t = tensors_.at(index);
  if (values.shape() != t.shape)
    throw Error({.category = Category::data,
                 .where = "weight \"" + t.name + "\"",
                 .what = "wrong shape",
                 .expected = t.shape.text(),
                 .got = values.shape().text()});
  const Array f32 = values.as_f32();
  backend_->copy_in(value(index).data, f32.data(), f32.bytes());
  touch();
}

std::size_t State::find(const std::string& name) const {
  std::size_t i = 0;
  while (i < tensors_.size() && tensors_[i].name != name) ++i;
  return i;
}

std::vector<float> State::snapshot() const {
  std::vector<float> out(parameters().count + statistics().count);
  backend_->copy_out(out.data(), parameters_.data(), parameters_.bytes());
  backend_->copy_out(out.data() + parameters().count, statistics_.data(), statistics_.bytes());
  return out;
}

void State::restore(const std::vector<float>& snapshot) {
  backend_->copy_in(parameters_.data(), snapshot.data(), parameters_.bytes());
  backend_->copy_in(statistics_.data(), snapshot.data() + parameters().count, statistics_.bytes());
  refresh_copy();
  touch();
}

void State::refresh_copy() {
  if (!has_copy()) return;
  const View from = parameters();
  make(CastSpec{.count = static_cast<std::int64_t>(from.count), .from = DType::f32, .to = DType::bf16}, *backend_)
      ->run(from, copy(), backend_->stream());
}

StepCounters State::read_counters() const {
  StepCounters out;
  backend_->copy_out(&out, counters_.data(), sizeof out);
  return out;
}

void State::write_counters(const StepCounters& counters) { backend_->copy_in(counters_.data(), &counters, sizeof counters); }

void State::upload_step_table(const std::vector<StepRow>& rows) {
  const std::size_t bytes = rows.size() * sizeof(StepRow);
  if (bytes > table_.bytes()) {
    table_ = Buffer(*backend_, bytes);
    ++layout_;
  }
  backend_->copy_in(table_.data(), rows.data(), bytes);
}

}  // namespace lehr
