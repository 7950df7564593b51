// renderers.h: the renderers behind make_renderer.
#pragma once

#include "tune/renderer.h"

namespace lehr {

std::string metrics_text(const NamedValues& values);  ///< " - accuracy: 0.9 - loss: 0.1"
std::string header_text(const RunInfo& info);

class LinesRenderer : public Renderer {
 public:
  explicit LinesRenderer(std::ostream& out) : out_(out) {}
  void on_run_begin(const RunInfo& info) override;
  void on_epoch_end(const EpochEnd& e) override;
  void on_event(const Event& event) override;
  void on_message(const std::string& line) override;
  void on_run_end(const RunSummary& summary) override;

 protected:
  std::ostream& out_;
  std::int64_t epochs_ = 0;
};

/// A bar that is redrawn in place; finished epochs stay as lines.
class BarRenderer final : public LinesRenderer {
 public:
  BarRenderer(std::ostream& out, const Terminal& terminal, std::function<double()> clock);
  void on_run_begin(const RunInfo& info) override;
  void on_epoch_begin(std::int64_t epoch) override;
  void on_step(const Progress& progress) override;
  void on_epoch_end(const EpochEnd& e) override;
  void on_event(const Event& event) override;
  void on_message(const std::string& line) override;
  void on_run_end(const RunSummary& summary) override;

 private:
  void clear();
  void draw(const std::string& line);
  std::string bar(std::int64_t done, std::int64_t of) const;
  Terminal terminal_;
  std::function<double()> clock_;
  double epoch_begin_ = 0, drawn_ = -1;
  double epoch_seconds_ = 0;
  bool line_open_ = false;
};

}  // namespace lehr
