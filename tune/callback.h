// callback.h: what may look at a run after every epoch and steer it. A person writes a spec (EarlyStopping{.patience = 20}); the callback is
// made from it at the start of every fit, so no state leaks from one fit into the next. State that a resume needs goes through save and load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/spec/catalogue.h"
#include "optim/schedule.h"
#include "tune/history.h"

namespace lehr {

/// The narrow door through which callbacks act on a run.
class Run {
 public:
  virtual ~Run() = default;
  virtual void stop(const std::string& reason) = 0;  ///< after this epoch
  virtual double learning_rate() const = 0;
  virtual void set_learning_rate(double rate) = 0;  ///< from the next step on; on top of a schedule as a factor of it
  virtual ScheduleRun schedule_run() const = 0;     ///< what a schedule stretches over here, from the optimizer's rate
  virtual std::vector<float> snapshot() const = 0;  ///< all weights
  virtual void restore(const std::vector<float>& weights) = 0;
  virtual void save_weights(const std::string& file) = 0;  ///< relative names lie in the run folder; atomic
  virtual void event(const std::string& kind, const std::string& text) = 0;
};

/// An epoch's numbers by name, in the order of the log.
using EpochLogs = std::vector<std::pair<std::string, double>>;
const double* find_log(const EpochLogs& logs, const std::string& name);

/// What a callback carries over a restart.
struct CallbackState {
  std::string text = {};            ///< its fields, as a spec
  std::vector<float> weights = {};  ///< a snapshot it holds
};

class Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual ~Callback() = default;
  virtual void on_train_begin(Run&) {}
  virtual void on_epoch_begin(Run&, std::int64_t /*epoch*/) {}
  virtual void on_epoch_end(Run&, std::int64_t /*epoch*/, EpochLogs& /*logs*/) {}
  virtual void on_train_end(Run&) {}
  virtual std::string monitor() const { return {}; }  ///< checked before training against what the run will report
  virtual CallbackState save() const { return {}; }
  virtual void load(const CallbackState&) {}
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
