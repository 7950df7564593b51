// The bar on a terminal, with the time left for the epoch and for the run.
#include <algorithm>

#include "tune/format.h"
#include "tune/renderers/renderers.h"
#include "tune/utf8.h"

namespace lehr {

BarRenderer::BarRenderer(std::ostream& out, const Terminal& terminal, std::function<double()> clock)
    : LinesRenderer(out), terminal_(terminal), clock_(std::move(clock)) {}

void BarRenderer::clear() {
  if (line_open_) out_ << "\r\x1b[K";
  line_open_ = false;
}

void BarRenderer::draw(const std::string& line) {
  clear();
  const auto width = static_cast<std::size_t>(std::max(20, terminal_.width - 1));
  std::string cut;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < line.size() && columns < width; ++columns) {
    std::size_t next = i + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0U) == 0x80U) ++next;
    cut.append(line, i, next - i);
    i = next;
  }
  out_ << cut << std::flush;
  line_open_ = true;
}

std::string BarRenderer::bar(std::int64_t done, std::int64_t of) const {
  constexpr std::int64_t cells = 20;
  const std::int64_t filled = of > 0 ? cells * done / of : 0;
  std::string out;
  for (std::int64_t i = 0; i < cells; ++i) out += i < filled ? (terminal_.utf8 ? "━" : "=") : (terminal_.utf8 ? "─" : ".");
  return out;
}

void BarRenderer::on_run_begin(const RunInfo& info) { LinesRenderer::on_run_begin(info); }

void BarRenderer::on_epoch_begin(std::int64_t epoch) {
  epoch_begin_ = clock_();
  drawn_ = -1;
  clear();
  out_ << "Epoch " << epoch + 1 << '/' << epochs_ << '\n' << std::flush;
}

void BarRenderer::on_step(const Progress& p) {
  const double now = clock_();
  if (p.step == 0 || (drawn_ >= 0 && now - drawn_ < 0.05)) return;
  drawn_ = now;
  const double per_step = (now - epoch_begin_) / static_cast<double>(p.step), left = per_step * static_cast<double>(p.steps - p.step);
  const double epoch_time = epoch_seconds_ > 0 ? epoch_seconds_ : per_step * static_cast<double>(p.steps);
  const double run_left = left + epoch_time * static_cast<double>(epochs_ - p.epoch - 1);
  draw(std::to_string(p.step) + '/' + std::to_string(p.steps) + ' ' + bar(p.step, p.steps) + ' ' + clock_text(left) + " (run " +
       clock_text(run_left) + ")" + metrics_text(p.values));
}

void BarRenderer::on_epoch_end(const EpochEnd& e) {
  epoch_seconds_ = e.seconds;
  clear();
  out_ << e.steps << '/' << e.steps << ' ' << bar(e.steps, e.steps) << ' ' << clock_text(e.seconds) << ' '
       << step_time_text(e.seconds / static_cast<double>(std::max<std::int64_t>(1, e.steps))) << metrics_text(e.values) << '\n'
       << std::flush;
}

void BarRenderer::on_event(const Event& event) {
  clear();
  LinesRenderer::on_event(event);
}
void BarRenderer::on_message(const std::string& line) {
  clear();
  LinesRenderer::on_message(line);
}
void BarRenderer::on_run_end(const RunSummary& summary) {
  clear();
  LinesRenderer::on_run_end(summary);
}

}  // namespace lehr
