#include "tune/checkpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "engine/data/npy.h"
#include "engine/data/row_hash.h"
#include "engine/data/zip.h"
#include "engine/json.h"
#include "kernels/cpu.h"
#include "tune/format.h"
#include "tune/history_files.h"

namespace lehr {

namespace {

constexpr std::int64_t format = 3;

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

/// What is done to the samples on their way in, the numbers of a scaler and of a table too.
std::string input_text(const Model& model) {
  const InputTransform& in = model.options().input;
  JsonValue out = JsonValue::object({{"scale", in.scale}, {"offset", in.offset}, {"bgr", in.bgr}, {"bytes_only", in.bytes_only}});
  if (model.options().table != nullptr) out["table"] = JsonValue::parse(model.options().table->json(), table_file);
  return out.text();
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

/// The lines that only one of the two has, a few of them.
std::string lines_only_in(const std::string& text, const std::string& other) {
  std::istringstream in(text);
  std::string out, line;
  int more = 0;
  for (int shown = 0; std::getline(in, line);) {
    if (("\n" + other).find("\n" + line + "\n") != std::string::npos) continue;
    if (shown++ < 4)
      out += (out.empty() ? "" : "; ") + line;
    else
      ++more;
  }
  return more == 0 ? out : out + "; and " + std::to_string(more) + " more";
}

JsonValue meta_of(const CheckpointImage& image) {
  const TrainingState& state = image.state;
  JsonValue callbacks = JsonValue::array();
  for (const auto& c : state.callbacks) callbacks.push_back(c.text);
  return JsonValue::object({{"format", format},
                            {"program", image.origin.program},
                            {"processor", image.origin.processor},
                            {"threads", image.origin.threads},
                            {"data", image.origin.data},
                            {"network", image.network},
                            {"optimizer", image.optimizer},
                            {"input", image.input},
                            {"seed", static_cast<std::int64_t>(image.seed)},
                            {"step", image.counters.step},
                            {"stop", image.counters.stop},
                            {"epoch", state.position.epoch},
                            {"step_in_epoch", state.position.step},
                            {"learning_rate", state.learning_rate ? JsonValue(*state.learning_rate) : JsonValue()},
                            {"rate_factor", state.rate_factor},
                            {"epochs", state.epochs},
                            {"stopped", stop_json(state)},
                            {"history", history_csv(state.history)},
                            {"events", events_json(state.history)},
                            {"callbacks", std::move(callbacks)}});
}

/// Memory of that shape for `name`: what an earlier image had, or new.
Array memory_for(NamedArrays& reused, const std::string& name, const Shape& shape) {
  for (auto& [other, array] : reused)
    if (other == name && array.shape() == shape && array.dtype() == DType::f32) return std::move(array);
  return {shape, DType::f32};
}

/// Zip's own checksums and the arrays' headers are looked at here; a file that is cut or damaged throws.
struct Contents {
  std::string file;
  NamedArrays arrays;
  JsonValue meta;
};
Contents read_contents(const std::string& file) {
  Contents out{.file = file, .arrays = read_npz(file), .meta = {}};
  const auto bytes = required(out.arrays, "checkpoint.json", file).as<std::uint8_t>();
  out.meta = JsonValue::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  return out;
}

/// The previous one where this one is damaged or gone.
Contents read_either(const std::string& file, std::vector<std::string>* notes) {
  try {
    return read_contents(file);
  } catch (const Error& damaged) {
    const std::string previous = previous_checkpoint(file);
    if (!std::filesystem::exists(previous)) throw;
    Contents out = read_contents(previous);
    if (notes != nullptr)
      notes->push_back(std::string("warning: ") + damaged.what() + "; going on from the checkpoint before it, " + previous);
    return out;
  }
}

constexpr std::string_view unread = "on disk";

/// Nothing is compared with what is not known: the content of a streamed set.
bool same_data(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == b) return true;
  const auto known = [](const std::string& text) { return !text.ends_with(unread); };
  if (known(a) && known(b)) return false;
  const auto cut = [](const std::string& text) { return text.substr(0, text.rfind(", content ")); };
  return cut(a) == cut(b);
}

void check(const Contents& c, const Model& model, const CheckpointOrigin& origin, bool same_optimizer) {
  const auto text = [&](const char* key) { return c.meta.at(key).string(); };
  if (const auto theirs = c.meta.at("format").integer(); theirs != format)
    refuse(c.file, "another checkpoint format", std::to_string(format), std::to_string(theirs));
  const std::string network = network_text(model), optimizer = model.options().optimizer.text().print();
  if (text("network") != network)
    refuse(c.file, "belongs to another network", lines_only_in(network, text("network")), lines_only_in(text("network"), network));
  if (same_optimizer && text("optimizer") != optimizer) refuse(c.file, "belongs to another optimizer", optimizer, text("optimizer"));
  if (const JsonValue* input = c.meta.find("input"); input != nullptr && input->string() != input_text(model))
    refuse(c.file, "belongs to inputs that are scaled otherwise", input_text(model), input->string());
  if (!same_data(origin.data, text("data"))) refuse(c.file, "belongs to another data set", origin.data, text("data"));
}

/// One line for what may change bits from here on.
std::string differences(const Contents& c, const CheckpointOrigin& origin) {
  std::string out;
  const auto differ = [&](const char* what, const std::string& here, const std::string& there) {
    if (!here.empty() && !there.empty() && here != there)
      out += (out.empty() ? "" : "; ") + std::string(what) + " " + there + ", now " + here;
  };
  differ("program", origin.program, c.meta.at("program").string());
  differ("processor", origin.processor, c.meta.at("processor").string());
  const auto threads = c.meta.at("threads").integer();
  if (origin.threads > 0 && threads > 0) differ("threads", std::to_string(origin.threads), std::to_string(threads));
  return out.empty() ? out : "the checkpoint is from another place (" + out + "): it goes on, and bits may differ";
}

TrainingState state_from(const Contents& c) {
  const JsonValue& meta = c.meta;
  TrainingState out;
  out.position = {.epoch = meta.at("epoch").integer(), .step = meta.at("step_in_epoch").integer()};
  const auto sums = required(c.arrays, "sums", c.file).as<double>();
  out.position.sums.assign(sums.begin(), sums.end());
  if (const Array* outputs = find_array(c.arrays, "outputs"))
    out.position.outputs.assign(outputs->as<float>().begin(), outputs->as<float>().end());
  if (const JsonValue& rate = meta.at("learning_rate"); !rate.is_null()) out.learning_rate = rate.number();
  out.rate_factor = meta.at("rate_factor").number();
  out.epochs = meta.at("epochs").integer();
  if (const JsonValue& stop = meta.at("stopped"); !stop.is_null()) out.stopped = {stop.at("epoch").integer(), stop.at("why").string()};
  out.history = parse_history_csv(meta.at("history").string(), c.file);
  for (const auto& e : meta.at("events").elements())
    out.history.events.push_back({.epoch = e.at("epoch").integer(), .kind = e.at("kind").string(), .text = e.at("text").string()});
  const auto& callbacks = meta.at("callbacks").elements();
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    CallbackState state{.text = callbacks[i].string()};
    if (const Array* held = find_array(c.arrays, "callbacks/" + std::to_string(i)))
      state.weights = std::make_shared<const std::vector<float>>(held->as<float>().begin(), held->as<float>().end());
    out.callbacks.push_back(std::move(state));
  }
  return out;
}

TrainingState restore(const Contents& c, Model& model) {
  NamedArrays weights;
  for (const auto& [name, values] : c.arrays)
    if (name.starts_with("weights/")) weights.emplace_back(name.substr(8), values);
  model.set_weights(weights, c.file);
  State& s = model.state();
  const SlotLayout layout = model.options().optimizer.slots(s.tensors());
  s.set_slots(layout.initial, layout.extra);
  const Array& slots = required(c.arrays, "optimizer/slots", c.file);
  if (slots.bytes() != s.slots().bytes())
    refuse(c.file, "optimizer state of another size", std::to_string(s.slots().bytes()) + " bytes", std::to_string(slots.bytes()));
  s.backend().copy_in(s.slots().data, slots.data(), slots.bytes());
  s.write_counters({.step = c.meta.at("step").integer(), .stop = c.meta.at("stop").integer()});
  return state_from(c);
}

}  // namespace

CheckpointOrigin checkpoint_origin(const Model& model, const Dataset& train) {
  const auto* cpu = dynamic_cast<const Cpu*>(&model.backend());
  return {.processor = cpu != nullptr ? cpu_features().model : model.backend().name(),
          .threads = cpu != nullptr ? cpu->threads() : 0,
          .data = data_fingerprint(train)};
}

std::string data_fingerprint(const Dataset& data) {
  const auto digest = [](const Array& array) {
    ContentHash hash;
    hash.add(array);
    return fmt::format("{:016x}", hash.value());
  };
  return fmt::format("{} rows of {} {}, labels {}, content {}", count_text(data.size()), data.sample_shape().text(),
                     name_of(data.x_dtype()), digest(data.y), data.streamed ? std::string(unread) : digest(data.x));
}

std::string previous_checkpoint(const std::string& file) {
  const std::filesystem::path path(file);
  return (path.parent_path() / (path.stem().string() + ".previous" + path.extension().string())).string();
}

bool checkpoint_exists(const std::string& file) {
  return std::filesystem::exists(file) || std::filesystem::exists(previous_checkpoint(file));
}

void remove_checkpoint(const std::string& file) {
  std::error_code ignored;
  for (const std::filesystem::path& path : {std::filesystem::path(file), std::filesystem::path(previous_checkpoint(file))})
    std::filesystem::remove(path, ignored);
  std::filesystem::remove(std::filesystem::path(file).parent_path(), ignored);  // refused where it holds something
}

CheckpointImage capture_checkpoint(const Model& model, const TrainingState& state, const CheckpointOrigin& origin, CheckpointImage reused) {
  const State& s = model.state();
  CheckpointImage image{.state = state,
                        .origin = origin,
                        .network = network_text(model),
                        .optimizer = model.options().optimizer.text().print(),
                        .input = input_text(model),
                        .seed = model.options().seed,
                        .counters = s.read_counters()};
  const AveragedWeights* averaged = model.averaged_weights();
  for (std::size_t i = 0; i < s.tensors().size(); ++i) {
    const StateTensor& tensor = s.tensors()[i];
    const std::string name = "weights/" + tensor.name;
    Array values = memory_for(reused.arrays, name, tensor.shape);
    if (averaged != nullptr && averaged->inside() && !tensor.statistic)
      std::memcpy(values.data(), averaged->training().data() + tensor.offset, values.bytes());
    else
      s.backend().copy_out(values.data(), s.value(i).data, values.bytes());
    image.arrays.emplace_back(name, std::move(values));
  }
  Array slots = memory_for(reused.arrays, "optimizer/slots", {static_cast<std::int64_t>(s.slots().count)});
  s.backend().copy_out(slots.data(), s.slots().data, slots.bytes());
  image.arrays.emplace_back("optimizer/slots", std::move(slots));
  return image;
}

void write_checkpoint(const std::string& file, const CheckpointImage& image) {
  ZipWriter zip(file);
  const std::string meta = meta_of(image).text();
  const auto add = [&](const std::string& name, const Array& array) { zip.add(name + ".npy", encode_npy(array), false); };
  const auto add_view = [&](const std::string& name, const Array& array) {
    zip.add_view(name + ".npy", npy_header(array), {array.data(), array.bytes()});
  };
  add("checkpoint.json", Array::from<std::uint8_t>({std::ssize(meta)}, {reinterpret_cast<const std::uint8_t*>(meta.data()), meta.size()}));
  for (const auto& [name, array] : image.arrays) add_view(name, array);
  add("sums", Array::from<double>({std::ssize(image.state.position.sums)}, image.state.position.sums));
  if (const auto& outputs = image.state.position.outputs; !outputs.empty())
    add("outputs", Array::from<float>({std::ssize(outputs)}, outputs));
  for (std::size_t i = 0; i < image.state.callbacks.size(); ++i)
    if (const auto& held = image.state.callbacks[i].weights; held && !held->empty())
      add("callbacks/" + std::to_string(i), Array::from<float>({std::ssize(*held)}, *held));
  // From here to the rename both names mean the old file.
  std::error_code none;
  const std::string previous = previous_checkpoint(file), linked = fmt::format("{}.tmp-{}-0", previous, ::getpid());
  std::filesystem::remove(linked, none);
  std::filesystem::create_hard_link(file, linked, none);
  if (!none) std::filesystem::rename(linked, previous, none);
  std::filesystem::remove(linked, none);  // rename(2) leaves it where both names already were one file: after a kill just below
  zip.finish();
}

TrainingState read_checkpoint(const std::string& file, Model& model, const CheckpointOrigin& origin, std::vector<std::string>* notes) {
  const Contents c = read_either(file, notes);
  check(c, model, origin, true);
  TrainingState state = restore(c, model);
  if (notes != nullptr)
    if (std::string line = differences(c, origin); !line.empty()) notes->push_back(std::move(line));
  return state;
}

AdoptedCheckpoint adopt_checkpoint(const std::string& file, Model& model) {
  const Contents c = read_contents(file);
  check(c, model, {}, false);
  return {.state = restore(c, model), .same_optimizer = c.meta.at("optimizer").string() == model.options().optimizer.text().print()};
}

void CheckpointWriter::submit(CheckpointImage image) {
  auto held = std::make_shared<CheckpointImage>(std::move(image));
  task_.submit([this, held] {
    write_checkpoint(file_, *held);
    const std::lock_guard lock(mutex_);
    spare_ = std::move(*held);
  });
}

CheckpointImage CheckpointWriter::reusable() {
  const std::lock_guard lock(mutex_);
  return std::exchange(spare_, {});
}

std::optional<Error> CheckpointWriter::take_problem() { return task_.take_problem(); }

void CheckpointWriter::finish() {
  task_.wait();
  if (auto problem = task_.take_problem()) throw Error(*problem);
}

}  // namespace lehr
