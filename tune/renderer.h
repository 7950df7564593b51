// renderer.h: how a run is shown while it trains. Training reports what happens; a renderer decides what a person sees of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tune/history.h"
#include "tune/run_summary.h"
#include "tune/terminal.h"

namespace lehr {

struct RunInfo {
  std::string model = {};
  std::int64_t parameters = 0, trainable_parameters = 0;
  std::int64_t samples = 0, validation_samples = 0;
  std::int64_t batch_size = 0, steps_per_epoch = 0, epochs = 0;
  std::int64_t initial_epoch = 0;  ///< from 0; more where a run is resumed
  std::string device = {}, precision = {};
  std::string memory = {};  ///< the plan's peak, said before training: "arena 41.2 MB, parameters 3 x 5.1 MB, data 7.9 MB"
  std::string run = {};     ///< folder
};

struct Progress {
  std::int64_t epoch = 0;            ///< from 0
  std::int64_t step = 0, steps = 0;  ///< done, of
  NamedValues values = {};           ///< means since the epoch began: accuracy, loss
  double samples_per_s = 0.0;        ///< 0: unknown
};

/// One epoch's row of the History: accuracy, loss, val_accuracy, val_loss, learning_rate, seconds.
struct EpochEnd {
  std::int64_t epoch = 0;  ///< from 0
  std::int64_t steps = 0;
  double seconds = 0.0;
  NamedValues values = {};
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual void on_run_begin(const RunInfo&) {}
  virtual void on_epoch_begin(std::int64_t /*epoch*/) {}
  virtual void on_step(const Progress&) {}        ///< as often as wanted: a renderer limits itself
  virtual void on_validation(const Progress&) {}  ///< during the pass at an epoch's end
  virtual void on_epoch_end(const EpochEnd&) {}
  virtual void on_event(const Event&) {}
  virtual void on_message(const std::string& /*line*/) {}  ///< "warning: …", "validation_split takes the last 2,000 rows"
  virtual void on_run_end(const RunSummary&) {}
};

enum class RendererMode { automatic, bar, lines, json, quiet };

struct RendererOptions {
  RendererMode mode = RendererMode::automatic;  ///< a bar where a person watches, lines in a pipe
  Terminal terminal = {};                       ///< of the stream written to
  std::function<double()> clock = {};           ///< seconds; empty: steady clock
};

/// Writes to `out`; in json mode `err` gets the progress and `out` nothing: the caller prints the one document.
std::unique_ptr<Renderer> make_renderer(const RendererOptions& options, std::ostream& out, std::ostream& err);

}  // namespace lehr
