#include "tune/checkpoint.h"

#include "engine/json.h"
#include "tune/history_files.h"

namespace lehr {

namespace {

constexpr std::int64_t format = 2;

Array text_array(const std::string& text) {
  return Array::from<std::uint8_t>({static_cast<std::int64_t>(text.size())},
                                   {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

JsonValue events_json(const History& history) {
  JsonValue events = JsonValue::array();
  for (const auto& e : history.events) events.push_back(JsonValue::object({{"epoch", e.epoch}, {"kind", e.kind}, {"text", e.text}}));
  return events;
}

JsonValue stop_json(const TrainingState& state) {
  if (!state.stopped) return {};
  return JsonValue::object({{"epoch", state.stopped->first}, {"why", state.stopped->second}});
}

std::string network_text(const Model& model) {
  std::string out;
  for (const auto& t : model.state().tensors()) out += t.name + t.shape.text() + (t.trainable ? "" : " frozen") + "\n";
  return out;
}

const Array& required(const NamedArrays& arrays, const std::string& name, const std::string& file) {
  const Array* found = find_array(arrays, name);
  if (found == nullptr)
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is no whole checkpoint",
                 .expected = "an array \"" + name + "\"",
                 .got = "none"});
  return *found;
}

void refuse(const std::string& file, const std::string& what, const std::string& expected, const std::string& got) {
  throw Error({.category = Category::data,
               .where = file,
               .what = what,
               .expected = expected,
               .got = got,
               .hint = "Start another run, or give the settings of this one (config.toml beside it)."});
}

}  // namespace

CheckpointImage capture_checkpoint(const Model& model, const TrainingState& state) {
  CheckpointImage image;
  auto& arrays = image.arrays;
  const State& s = model.state();
  const auto counters = s.read_counters();
  JsonValue meta = JsonValue::object({{"format", format},
                                      {"network", network_text(model)},
                                      {"optimizer", model.options().optimizer.text().print()},
                                      {"seed", static_cast<std::int64_t>(model.options().seed)},
                                      {"step", counters.step},
                                      {"stop", counters.stop},
                                      {"epoch", state.position.epoch},
                                      {"step_in_epoch", state.position.step},
                                      {"learning_rate", state.learning_rate ? JsonValue(*state.learning_rate) : JsonValue()},
                                      {"rate_factor", state.rate_factor},
                                      {"epochs", state.epochs},
                                      {"stopped", stop_json(state)},
                                      {"history", history_csv(state.history)},
                                      {"events", events_json(state.history)}});
  JsonValue callbacks = JsonValue::array();
  for (const auto& c : state.callbacks) callbacks.push_back(c.text);
  meta["callbacks"] = callbacks;
  arrays.emplace_back("checkpoint.json", text_array(meta.text()));
  for (auto& [name, values] : model.training_weights()) arrays.emplace_back("weights/" + name, values);
  Array slots({static_cast<std::int64_t>(s.slots().count)}, DType::f32);
  s.backend().copy_out(slots.data(), s.slots().data, slots.bytes());
  arrays.emplace_back("optimizer/slots", std::move(slots));
  arrays.emplace_back("sums", Array::from<double>({static_cast<std::int64_t>(state.position.sums.size())}, state.position.sums));
  for (std::size_t i = 0; i < state.callbacks.size(); ++i) {
    const auto& weights = state.callbacks[i].weights;
    if (!weights.empty())
      arrays.emplace_back("callbacks/" + std::to_string(i), Array::from<float>({static_cast<std::int64_t>(weights.size())}, weights));
  }
  return image;
}

void write_checkpoint(const std::string& file, const CheckpointImage& image) { write_npz(file, image.arrays); }

TrainingState read_checkpoint(const std::string& file, Model& model) {
  const NamedArrays arrays = read_npz(file);
  const auto bytes = required(arrays, "checkpoint.json", file).as<std::uint8_t>();
  const JsonValue meta = JsonValue::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  if (meta.at("format").integer() != format)
    refuse(file, "another checkpoint format", std::to_string(format), std::to_string(meta.at("format").integer()));
  if (meta.at("network").string() != network_text(model))
    refuse(file, "belongs to another network", network_text(model), meta.at("network").string());
  if (meta.at("optimizer").string() != model.options().optimizer.text().print())
    refuse(file, "belongs to another optimizer", model.options().optimizer.text().print(), meta.at("optimizer").string());

  NamedArrays weights;
  for (const auto& [name, values] : arrays)
    if (name.starts_with("weights/")) weights.emplace_back(name.substr(8), values);
  model.set_weights(weights, file);
  State& s = model.state();
  const SlotLayout layout = model.options().optimizer.slots(s.tensors());
  s.set_slots(layout.initial, layout.extra);
  const Array& slots = required(arrays, "optimizer/slots", file);
  if (slots.bytes() != s.slots().bytes())
    refuse(file, "optimizer state of another size", std::to_string(s.slots().bytes()) + " bytes", std::to_string(slots.bytes()));
  s.backend().copy_in(s.slots().data, slots.data(), slots.bytes());
  s.write_counters({.step = meta.at("step").integer(), .stop = meta.at("stop").integer()});

  TrainingState out;
  out.position = {.epoch = meta.at("epoch").integer(), .step = meta.at("step_in_epoch").integer()};
  const auto sums = required(arrays, "sums", file).as<double>();
  out.position.sums.assign(sums.begin(), sums.end());
  if (const JsonValue& rate = meta.at("learning_rate"); !rate.is_null()) out.learning_rate = rate.number();
  out.rate_factor = meta.at("rate_factor").number();
  out.epochs = meta.at("epochs").integer();
  if (const JsonValue& stop = meta.at("stopped"); !stop.is_null()) out.stopped = {stop.at("epoch").integer(), stop.at("why").string()};
  out.history = parse_history_csv(meta.at("history").string(), file);
  for (const auto& e : meta.at("events").elements())
    out.history.events.push_back({.epoch = e.at("epoch").integer(), .kind = e.at("kind").string(), .text = e.at("text").string()});
  const auto& callbacks = meta.at("callbacks").elements();
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    CallbackState state{.text = callbacks[i].string()};
    if (const Array* held = find_array(arrays, "callbacks/" + std::to_string(i)))
      state.weights.assign(held->as<float>().begin(), held->as<float>().end());
    out.callbacks.push_back(std::move(state));
  }
  return out;
}

CheckpointWriter::CheckpointWriter(std::string file) : file_(std::move(file)), thread_([this] { work(); }) {}

CheckpointWriter::~CheckpointWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void CheckpointWriter::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void CheckpointWriter::submit(CheckpointImage image) {
  const std::lock_guard lock(mutex_);
  rethrow();
  next_ = std::move(image);
  wake_.notify_one();
}

void CheckpointWriter::finish() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !next_ && !writing_; });
  rethrow();
}

void CheckpointWriter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return next_.has_value() || ending_; });
    if (!next_) return;
    const CheckpointImage image = std::move(*next_);
    next_.reset();
    writing_ = true;
    lock.unlock();
    std::exception_ptr error;
    try {
      write_checkpoint(file_, image);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    writing_ = false;
    if (error) error_ = error;
    idle_.notify_all();
  }
}

}  // namespace lehr
