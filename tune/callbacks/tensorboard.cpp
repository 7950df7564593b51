#include "tune/callbacks/tensorboard.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tune/callbacks/callback_state.h"
#include "tune/tensorboard/event_file.h"

namespace lehr {

namespace {

namespace tb = tensorboard;

double wall_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// The files of this run and how much of each belongs to it: what a killed run wrote beyond its checkpoint is written again.
struct TensorBoardState {
  static constexpr SpecInfo info{.name = "tensorboard_state"};
  std::string train = {}, validation = {};
  std::int64_t train_bytes = 0, validation_bytes = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("train", self.train, "");
    f("validation", self.validation, "");
    f("train_bytes", self.train_bytes, "");
    f("validation_bytes", self.validation_bytes, "");
  }
};

/// Keras's pictures of weights: a bias as a row, a kernel lying (n, height, width, 1); others have none.
std::vector<Array> pictures_of(const Array& weights) {
  const auto& shape = weights.shape();
  std::int64_t n = 1, h = 1, w = 1, row = 1, column = 1, step = 0;
  if (shape.rank() == 1) {
    w = shape[0];
  } else if (shape.rank() == 2) {
    const bool turned = shape[0] > shape[1];
    h = std::min(shape[0], shape[1]), w = std::max(shape[0], shape[1]);
    row = turned ? 1 : shape[1], column = turned ? shape[1] : 1;
  } else if (shape.rank() == 4) {  // the first channel of some filters
    n = std::min<std::int64_t>(shape[3], 8), h = shape[0], w = shape[1];
    row = shape[1] * shape[2] * shape[3], column = shape[2] * shape[3], step = 1;
  } else {
    return {};
  }
  const auto values = weights.as<float>();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const float scale = *high > *low ? 255.0F / (*high - *low) : 0;
  std::vector<Array> out;
  for (std::int64_t k = 0; k < n; ++k) {
    Array picture({h, w, 1}, DType::u8);
    auto pixels = picture.as<std::uint8_t>();
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        pixels[static_cast<std::size_t>(y * w + x)] =
            static_cast<std::uint8_t>(std::lround((values[static_cast<std::size_t>(y * row + x * column + k * step)] - *low) * scale));
    out.push_back(std::move(picture));
  }
  return out;
}

class TensorBoardCallback final : public Callback {
 public:
  explicit TensorBoardCallback(TensorBoard spec) : spec_(std::move(spec)) {}

  std::int64_t every_batches() const override { return spec_.update_freq.batches; }

  void on_train_begin(Run& run) override {
    if (run.replayed()) return;
    const bool fresh = state_.train.empty();
    const double now = wall_time();
    if (fresh) state_ = {.train = tb::event_file_name(now), .validation = tb::event_file_name(now)};
    open(run, now);
    if (!fresh || !spec_.hparams || run.settings().empty()) return;
    std::vector<std::string> metrics{"epoch_loss"};
    train_.add(tb::hparams_experiment({.wall_time = now}, run.settings(), metrics));
    train_.add(tb::hparams_begin({.wall_time = now}, run.settings(), run.file("").parent_path().filename().string()));
    train_.flush();
  }

  void on_train_batch_end(Run& run, const BatchEnd& end) override {
    if (run.replayed()) return;
    for (const auto& [name, value] : end.logs()) train_.add(tb::scalar({wall_time(), end.step}, "batch_" + name, value));
  }

  void on_test_end(Run& run) override { tested_at_ = run.step(); }

  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (run.replayed()) return;
    const tb::Moment at{wall_time(), epoch};
    for (const auto& [name, value] : logs) {
      if (name == "schedule_rate" || name == "rate_factor") continue;
      const bool validation = name.starts_with("val_");
      if (!validation || !spec_.split) {
        train_.add(tb::scalar(at, "epoch_" + name, value));
        continue;
      }
      const std::string bare = name.substr(4);
      validation_.add(tb::scalar(at, "epoch_" + bare, value));
      validation_.add(tb::scalar({at.wall_time, tested_at_}, "evaluation_" + bare + "_vs_iterations", value));
    }
    if (spec_.write_steps_per_second && run.seconds() > seconds_)
      train_.add(tb::scalar(at, "epoch_steps_per_second", static_cast<double>(run.steps_per_epoch()) / (run.seconds() - seconds_)));
    seconds_ = run.seconds();
    if (spec_.histogram_freq > 0 && epoch % spec_.histogram_freq == 0) add_weights(run, at);
    train_.flush();
    validation_.flush();
  }

  void on_train_end(Run& run) override {
    if (run.replayed() || !spec_.hparams || run.settings().empty()) return;
    train_.add(tb::hparams_end({.wall_time = wall_time()}, true));
    train_.flush();
  }

  CallbackState save() const override {
    TensorBoardState state = state_;
    state.train_bytes = train_.bytes();
    state.validation_bytes = validation_.bytes();
    return callback_state(state);
  }
  void load(const CallbackState& state) override { state_ = state_from<TensorBoardState>(state); }

 private:
  void open(Run& run, double now) {
    const auto folder = run.file(spec_.log_dir);
    train_ = tb::EventFile(spec_.split ? folder / "train" / state_.train : folder / state_.train, state_.train_bytes, now);
    train_.flush();
    if (!spec_.split) return;
    validation_ = tb::EventFile(folder / "validation" / state_.validation, state_.validation_bytes, now);
    if (run.validates()) validation_.flush();
  }

  void add_weights(Run& run, tb::Moment at) {
    for (const auto& [name, values] : run.weights()) {
      train_.add(tb::histogram(at, name + "/histogram", values.as<float>()));
      if (!spec_.write_images) continue;
      const auto pictures = pictures_of(values);
      for (std::size_t i = 0; i < pictures.size(); ++i) train_.add(tb::image(at, name + "/image/" + std::to_string(i), pictures[i]));
    }
  }

  TensorBoard spec_;
  TensorBoardState state_;
  tb::EventFile train_, validation_;
  std::int64_t tested_at_ = 0;
  double seconds_ = 0;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const TensorBoard& spec) { return std::make_unique<TensorBoardCallback>(spec); }

}  // namespace lehr
