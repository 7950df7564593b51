// callback.h: what may look at a run after every epoch, or every few batches, and steer it. A person writes a spec (EarlyStopping{.patience = 20}); the callback is
// made from it at the start of every fit, so no state leaks from one fit into the next. State that a resume needs goes through save and load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/array.h"
#include "engine/spec/catalogue.h"
#include "optim/schedule.h"
#include "tune/history.h"

namespace lehr {

/// The narrow door through which callbacks act on a run.
class Run {
 public:
  virtual ~Run() = default;

  // Time.
  virtual std::int64_t epochs() const = 0;           ///< planned: the end index, as in Keras
  virtual std::int64_t steps_per_epoch() const = 0;  ///< 0 in a replay
  virtual void stop(const std::string& reason) = 0;  ///< after this batch, and after this epoch's end
  virtual void end_epoch() {}                        ///< no further batches of this epoch
  virtual std::int64_t step() const { return 0; }    ///< optimizer steps so far; 0 in a replay
  virtual double seconds() const { return 0; }       ///< trained since the run first began, restarts included

  // The learning rate.
  virtual double learning_rate() const = 0;
  virtual void set_learning_rate(double rate) = 0;     ///< from the next step on; on top of a schedule as a factor of it
  virtual void reduce_learning_rate(double rate) = 0;  ///< the same, and it outlives what a scheduler sets: rate = schedule * factor
  virtual double rate_factor() const = 0;              ///< what reductions made of a scheduler's rates; 1 where there is none
  virtual ScheduleRun schedule_run() const = 0;        ///< what a schedule stretches over here, from the optimizer's rate

  // Weights. Files with a relative name lie in the run folder and are written atomically.
  /// The optimizer's running average (use_ema) or evaluation weights instead of those that train, and back. False where it has none.
  virtual bool use_averaged_weights(bool /*use*/) { return false; }
  virtual std::vector<float> snapshot() const = 0;  ///< all weights
  virtual void restore(const std::vector<float>& weights) = 0;
  virtual std::vector<std::pair<std::string, Array>> weights() const { return {}; }  ///< all, by name: "dense/kernel"
  virtual std::vector<float> optimizer_state() const { return {}; }                  ///< all slots
  virtual void restore_optimizer_state(const std::vector<float>& /*slots*/) {}
  virtual void save_weights(const std::string& file) = 0;
  virtual std::filesystem::path file(const std::string& name) const = 0;    ///< where a relative name lies
  virtual std::optional<std::int64_t> invalid_batch() const { return {}; }  ///< of this epoch, from 0: the first whose loss was no number
  virtual void clear_invalid() {}                                           ///< later steps count again

  // What the run is.
  virtual std::vector<std::pair<std::string, std::string>> settings() const { return {}; }  ///< flag and value
  virtual bool validates() const { return true; }                                           ///< after every epoch
  virtual bool shown() const { return true; }                                               ///< somebody sees its progress already

  /// Into the log, and to the person who watches where `shown`. A replay keeps every event.
  virtual void event(const std::string& kind, const std::string& text, bool shown = true) = 0;
  virtual bool replayed() const { return false; }  ///< a recorded history: nothing outside may be touched, no file, no address
};

/// An epoch's numbers by name, in the order of the log.
using EpochLogs = std::vector<std::pair<std::string, double>>;
const double* find_log(const EpochLogs& logs, const std::string& name);

/// The end of one batch. Reading its numbers costs a copy from the device: only who needs them calls `logs`.
struct BatchEnd {
  std::int64_t epoch = 0, batch = 0;     ///< both from 0; the batch within its epoch
  std::int64_t step = 0;                 ///< optimizer steps so far
  std::function<EpochLogs()> logs = {};  ///< means since the epoch began, as in Keras
};

/// What a callback carries over a restart.
struct CallbackState {
  std::string text = {};                                   ///< its fields, as a spec
  std::shared_ptr<const std::vector<float>> weights = {};  ///< a snapshot it holds; null: none. Shared: a checkpoint copies it nowhere
};

class Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual ~Callback() = default;
  virtual void on_train_begin(Run&) {}  ///< after `load` where the run goes on
  virtual void on_epoch_begin(Run&, std::int64_t /*epoch*/) {}
  virtual void on_train_batch_end(Run&, const BatchEnd&) {}  ///< only where every_batches() is not 0
  virtual void on_test_begin(Run&) {}                        ///< validation at an epoch's end
  virtual void on_test_end(Run&) {}
  virtual void on_epoch_end(Run&, std::int64_t /*epoch*/, EpochLogs& /*logs*/) {}
  virtual void on_train_end(Run&) {}
  virtual std::int64_t every_batches() const { return 0; }  ///< n: on_train_batch_end after every n-th batch of an epoch and its last
  virtual bool stops_on_nan() const { return false; }       ///< a loss that is no number must not touch the weights
  virtual bool schedules() const { return false; }          ///< sets the rate at every epoch's begin
  virtual bool reduces_rate() const { return false; }       ///< by a factor that outlives what a schedule sets
  virtual std::string monitor() const { return {}; }        ///< checked before training against what the run will report
  virtual CallbackState save() const = 0;                   ///< all that it knows; {} for what knows nothing
  virtual void load(const CallbackState&) = 0;
};

/// A callback that knows nothing from one epoch to the next.
class StatelessCallback : public Callback {
 public:
  CallbackState save() const final { return {}; }
  void load(const CallbackState&) final {}
};

/// Any callback spec, by value.
class CallbackSpec {
 public:
  template <class T>
    requires SpecType<T>
  CallbackSpec(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  const SpecInfo& info() const { return held_->info(); }
  std::unique_ptr<Callback> make() const { return held_->make(); }
  SpecValue text() const { return held_->text(); }
  /// The spec where it is a T, else null.
  template <class T>
  const T* as() const {
    const auto* held = dynamic_cast<const Held<T>*>(held_.get());
    return held == nullptr ? nullptr : &held->spec;
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual std::unique_ptr<Callback> make() const = 0;
    virtual SpecValue text() const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T s) : spec(std::move(s)) {}
    const SpecInfo& info() const override { return T::info; }
    std::unique_ptr<Callback> make() const override { return make_callback(spec); }
    SpecValue text() const override { return to_spec(spec); }
    T spec;
  };
  std::shared_ptr<const Base> held_;
};

const Catalogue<CallbackSpec>& callback_catalogue();

/// auto, min, max, as Keras: auto looks at the monitored name.
enum class MonitorMode : std::uint8_t { automatic, min, max };
template <>
struct SpecEnum<MonitorMode> {
  static constexpr std::pair<std::string_view, MonitorMode> names[] = {
      {"auto", MonitorMode::automatic}, {"min", MonitorMode::min}, {"max", MonitorMode::max}};
};
bool maximizes(MonitorMode mode, const std::string& monitor);

}  // namespace lehr
