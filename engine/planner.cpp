#include "engine/planner.h"

#include <algorithm>
#include <array>

#include "engine/arena.h"
#include "engine/memory_report.h"
#include "kernels/elementwise.h"
#include "kernels/off_limits.h"

namespace lehr {

Planner::Planner(State& state, PlanOptions options)
    : state_(&state),
      options_(options),
      plan_(new Plan(state)),
      weight_values_(state.tensors().size(), -1),
      compute_values_(state.tensors().size(), -1),
      gradient_values_(state.tensors().size(), -1),
      gradient_written_(state.tensors().size(), false) {
  plan_->batch_ = options.batch;
  plan_->records_ = options.record;
  plan_->steps_a_launch_ = options.steps_a_launch;
}

Value Planner::make_value(std::string name, std::int64_t count, DType dtype, Storage storage) {
  plan_->values_.push_back({.name = std::move(name), .count = count, .dtype = dtype, .storage = storage});
  return Value{static_cast<int>(plan_->values_.size()) - 1};
}

Value Planner::tensor(std::string name, std::int64_t count, DType dtype) {
  return make_value(std::move(name), count, dtype, Storage::arena);
}
Value Planner::bound(std::string name, std::int64_t count, DType dtype) {
  return make_value(std::move(name), count, dtype, Storage::bound);
}

Value Planner::alias(Value of, std::string name) {
  auto root = of;
  if (info(of).alias_of >= 0) root = Value{info(of).alias_of};
  auto copy = info(root);
  copy.name = std::move(name);
  copy.alias_of = root.id;
  copy.gradient = copy.logits = -1;
  copy.sharers = 0;
  plan_->values_.push_back(std::move(copy));
  return Value{static_cast<int>(plan_->values_.size()) - 1};
}

Value Planner::kept(std::string name, std::int64_t count, DType dtype) {
  const Value value = make_value(std::move(name), count, dtype, Storage::kept);
  Buffer buffer = allocate(backend(), static_cast<std::size_t>(count) * size_of(dtype), [&] { return memory(0); });
  if (count != 0) backend().zero(buffer.data(), buffer.bytes());
  info(value).view = {buffer.data(), dtype, static_cast<std::size_t>(count)};
  plan_->kept_.push_back(std::move(buffer));
  return value;
}

namespace {
Value state_value(std::vector<int>& known, std::size_t index, const std::function<Value()>& create) {
  if (known.at(index) < 0) known[index] = create().id;
  return Value{known[index]};
}
}  // namespace

Value Planner::weight(std::size_t index) {
  return state_value(weight_values_, index, [&] {
    const View view = state_->value(index);
    const Value value = make_value(state_->tensors()[index].name, static_cast<std::int64_t>(view.count), DType::f32, Storage::state);
    info(value).view = view;
    return value;
  });
}

Value Planner::compute_weight(std::size_t index) {
  if (compute_type() == DType::f32 || !state_->has_copy()) return weight(index);
  return state_value(compute_values_, index, [&] {
    const View view = state_->copy_of(index);
    const Value value =
        make_value(state_->tensors()[index].name + " (bfloat16)", static_cast<std::int64_t>(view.count), DType::bf16, Storage::state);
    info(value).view = view;
    return value;
  });
}

Value Planner::weight_gradient(std::size_t index) {
  return state_value(gradient_values_, index, [&] {
    const View view = state_->gradient(index);
    const Value value = make_value("d " + state_->tensors()[index].name, static_cast<std::int64_t>(view.count), DType::f32, Storage::state);
    info(value).view = view;
    return value;
  });
}

std::size_t Planner::add(PlanOp op) {
  plan_->ops_.push_back(std::move(op));
  return plan_->ops_.size() - 1;
}

Value Planner::pack(std::string layer, Value weights, std::size_t bytes, Packing convert) {
  const auto size = static_cast<std::int64_t>(bytes);
  const Value packed = training() ? tensor(layer + " packed", size, DType::u8) : kept(layer + " packed", size, DType::u8);
  PlanOp op{.name = "reorder", .layer = std::move(layer), .reads = {weights}, .writes = {packed}};
  op.run = [convert = std::move(convert), weights, packed](const Binding& v, View, Stream& s) { convert(v[weights], v[packed], s); };
  (training() ? plan_->ops_ : plan_->packing_).push_back(std::move(op));
  return packed;
}
void Planner::copy(std::string layer, Value from, Value to) {
  add({.name = "copy",
       .layer = std::move(layer),
       .reads = {from},
       .writes = {to},
       .run = [&device = backend(), from, to](const Binding& v, View, Stream&) {
         device.copy(v[to].data, v[from].data, v[from].bytes());
       }});
}
void Planner::keep(Value value) { info(value).output = true; }

void Planner::add_tensors(Value x, Value y, Value sum) {
  auto op = prepare(AddSpec{.count = count(x), .dtype = dtype(x)});
  add({.name = "add",
       .layer = plan_->values_[at(sum)].name,
       .reads = {x, y},
       .writes = {sum},
       .run = [op, x, y, sum](const Binding& v, View, Stream& s) {
         const std::array<ConstView, 2> in{v[x], v[y]};
         op->run(in, v[sum], s);
       }});
}

void Planner::contribute(Value x, const std::function<void(Value)>& emit) {
  if (!requires_gradient(x)) return;
  const auto name = "d " + info(x).name;
  const Value dx = tensor(name, count(x), dtype(x));
  emit(dx);
  if (!has_gradient(x)) {
    info(x).gradient = dx.id;
    ++info(dx).sharers;
    return;
  }
  const Value sum = tensor(name, count(x), dtype(x));
  add_tensors(gradient(x), dx, sum);
  info(x).gradient = sum.id;
  ++info(sum).sharers;
}

void Planner::pass_gradient(Value x, Value dy) {
  if (!requires_gradient(x)) return;
  if (!has_gradient(x)) {
    info(x).gradient = dy.id;
    ++info(dy).sharers;
    return;
  }
  const Value sum = tensor("d " + info(x).name, count(x), dtype(x));
  add_tensors(gradient(x), dy, sum);
  info(x).gradient = sum.id;
  ++info(sum).sharers;
}

void Planner::contribute_weight(std::size_t index, const std::function<void(Value)>& emit) {
  if (!state_->tensors().at(index).trainable) return;
  const Value dw = weight_gradient(index);
  if (!gradient_written_[index]) {
    gradient_written_[index] = true;
    emit(dw);
    return;
  }
  const Value part = tensor("d " + state_->tensors()[index].name + " (part)", count(dw), DType::f32);
  emit(part);
  add_tensors(dw, part, dw);
}

void Planner::backward() {
  forward_operations_ = plan_->ops_.size();
  while (!deferred_.empty()) {
    const auto emit = std::move(deferred_.back());
    deferred_.pop_back();
    emit();
  }
}

bool Planner::can_mask(Value y) const {
  if (!requires_gradient(y) || has_gradient(y) || !masks_.contains(y.id)) return false;
  const auto is_y = [&](Value v) { return v && (v == y || plan_->values_[at(v)].alias_of == y.id); };
  std::int64_t readers = 0;
  for (std::size_t i = 0; i < forward_operations_; ++i) readers += std::ranges::any_of(plan_->ops_[i].reads, is_y) ? 1 : 0;
  return readers <= 1;
}

Value Planner::take_mask(Value y) {
  const auto offer = masks_.extract(y.id);
  const Value mask = offer.mapped()();
  if (mask) masked_.insert(y.id);
  return mask;
}

// An operation stays when it has an effect, or something that stays reads what it writes.
void Planner::drop_unread() {
  auto& ops = plan_->ops_;
  auto& values = plan_->values_;
  const auto root = [&](Value v) { return values[at(v)].alias_of >= 0 ? values[at(v)].alias_of : v.id; };
  std::vector<bool> wanted(values.size(), false), stays(ops.size(), false);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].output || values[i].storage == Storage::state || values[i].storage == Storage::kept)
      wanted[static_cast<std::size_t>(root(Value{static_cast<int>(i)}))] = true;
  for (std::size_t i = ops.size(); i-- > 0;) {
    stays[i] = ops[i].always ||
               std::any_of(ops[i].writes.begin(), ops[i].writes.end(), [&](Value v) { return wanted[static_cast<std::size_t>(root(v))]; });
    if (!stays[i]) continue;
    for (const Value v : ops[i].reads)
      if (v) wanted[static_cast<std::size_t>(root(v))] = true;
  }
  std::vector<PlanOp> kept;
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (stays[i]) kept.push_back(std::move(ops[i]));
  ops = std::move(kept);
}

void Planner::lay_out() {
  auto& values = plan_->values_;
  const auto& ops = plan_->ops_;
  const auto touch = [&](Value v, int when) {
    if (!v) return;
    auto& root = values[static_cast<std::size_t>(values[at(v)].alias_of >= 0 ? values[at(v)].alias_of : v.id)];
    if (root.storage != Storage::arena) return;
    if (root.first < 0) root.first = when;
    root.last = std::max(root.last, when);
  };
  for (std::size_t i = 0; i < ops.size(); ++i) {
    for (const Value v : ops[i].reads) touch(v, static_cast<int>(i));
    for (const Value v : ops[i].writes) touch(v, static_cast<int>(i));
  }
  for (auto& v : values)
    if (v.output && v.storage == Storage::arena) {
      auto& root = v.alias_of >= 0 ? values[static_cast<std::size_t>(v.alias_of)] : v;
      root.last = static_cast<int>(ops.size());
    }

  // Where somebody watches, blocks do not touch: whoever leaves one meets bytes that are nobody's.
  const std::size_t apart = watched(backend()) ? backend().alignment() : 0;
  std::vector<ArenaBlock> blocks;
  std::vector<std::size_t> owner;  // value index, or values.size() + operation index for a workspace
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& v = values[i];
    if (v.storage != Storage::arena || v.alias_of >= 0 || v.first < 0) continue;
    const std::size_t bytes = static_cast<std::size_t>(v.count) * size_of(v.dtype);
    blocks.push_back({.bytes = bytes + apart, .first = v.first, .last = v.last});
    plan_->naive_bytes_ += bytes;
    owner.push_back(i);
  }
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].workspace_bytes == 0) continue;
    blocks.push_back({.bytes = ops[i].workspace_bytes + apart, .first = static_cast<int>(i), .last = static_cast<int>(i)});
    owner.push_back(values.size() + i);
  }
  const std::size_t total = assign_offsets(blocks, backend().alignment());
  plan_->arena_ = allocate(backend(), total, [&] { return memory(total); });
  put_off_limits(backend(), plan_->arena_.data(), total);  // arena_watch.h
  plan_->workspaces_.assign(ops.size(), View{});
  auto* base = static_cast<std::byte*>(plan_->arena_.data());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (owner[b] >= values.size()) {
      plan_->workspaces_[owner[b] - values.size()] = {base + blocks[b].offset, DType::u8, ops[owner[b] - values.size()].workspace_bytes};
      continue;
    }
    auto& v = values[owner[b]];
    v.offset = blocks[b].offset;
    v.view = {base + v.offset, v.dtype, static_cast<std::size_t>(v.count)};
  }
  for (auto& v : values)
    if (v.alias_of >= 0) {
      const auto& root = values[static_cast<std::size_t>(v.alias_of)];
      v.view = {root.view.data, v.dtype, static_cast<std::size_t>(v.count)};
    }
}

std::vector<MemoryLine> Planner::memory(std::size_t arena) const {
  auto lines = state_->memory();
  MemoryLine shared{.name = "values and scratch of a step of " + std::to_string(options_.batch) + " samples, where they lie side by side",
                    .bytes = arena};
  MemoryLine kept{.name = "kept from step to step", .bytes = plan_->kept_bytes()};
  for (const auto& v : plan_->values_) {
    if (v.alias_of >= 0 || (v.storage != Storage::kept && (v.storage != Storage::arena || v.first < 0))) continue;
    (v.storage == Storage::kept ? kept : shared)
        .parts.push_back({.name = v.name, .bytes = static_cast<std::size_t>(v.count) * size_of(v.dtype)});
  }
  for (const auto& op : plan_->ops_)
    if (op.workspace_bytes > 0) shared.parts.push_back({.name = op.layer + ", " + op.name + ": scratch", .bytes = op.workspace_bytes});
  lines.push_back(std::move(shared));
  lines.push_back(std::move(kept));
  return lines;
}

std::unique_ptr<Plan> Planner::finish() {
  drop_unread();
  lay_out();
  plan_->changes_weights_ = std::ranges::any_of(plan_->ops_, &PlanOp::changes_weights);
  return std::move(plan_);
}

}  // namespace lehr
