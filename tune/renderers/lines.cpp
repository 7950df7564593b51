// One line an epoch, for pipes and logs: no carriage returns, no escapes.
#include "tune/renderers/renderers.h"

#include <fmt/core.h>

#include "tune/format.h"

namespace lehr {

/// The device holds it in float32; its shortest decimal form there is the one that was asked for.
static std::string rate_used(double rate) { return fmt::format("{}", static_cast<float>(rate)); }

std::string metrics_text(const NamedValues& values) {
  std::string out;
  for (const auto& [name, value] : values)
    if (name != "seconds" && name != "val_classes")
      out += " - " + name + ": " + (name == "learning_rate" ? rate_used(value) : metric_text(value));
  return out;
}

std::string header_text(const RunInfo& info) {
  std::string out = "model    " + info.model + "\n         " + count_text(info.parameters) + " parameters";
  if (info.trainable_parameters != info.parameters) out += ", " + count_text(info.trainable_parameters) + " of them trained";
  out += "\ndata     " + count_text(info.samples) + " samples" +
         (info.validation_samples > 0 ? ", " + count_text(info.validation_samples) + " for validation" : "") + ", batches of " +
         count_text(info.batch_size) + "\n";
  out += "device   " + info.device + ", " + info.precision + "\nmemory   " + info.memory + "\nrun      " + info.run + "\n";
  return out;
}

void LinesRenderer::on_run_begin(const RunInfo& info) {
  epochs_ = info.epochs;
  out_ << header_text(info) << std::flush;
}

void LinesRenderer::on_epoch_end(const EpochEnd& e) {
  out_ << "Epoch " << e.epoch + 1 << '/' << epochs_ << " - " << duration_text(e.seconds) << metrics_text(e.values) << '\n' << std::flush;
}

void LinesRenderer::on_event(const Event& event) { out_ << event.text << '\n' << std::flush; }
void LinesRenderer::on_message(const std::string& line) { out_ << line << '\n' << std::flush; }
void LinesRenderer::on_run_end(const RunSummary& summary) { out_ << report_text(summary) << std::flush; }

}  // namespace lehr
