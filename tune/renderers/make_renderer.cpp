#include <chrono>

#include "tune/renderers/renderers.h"

namespace lehr {

namespace {
double steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
}  // namespace

std::unique_ptr<Renderer> make_renderer(const RendererOptions& o, std::ostream& out, std::ostream& err) {
  switch (o.mode) {
    case RendererMode::quiet:
      return std::make_unique<Renderer>();
    case RendererMode::json:
      return std::make_unique<LinesRenderer>(err);
    case RendererMode::lines:
      return std::make_unique<LinesRenderer>(out);
    default:
      break;
  }
  if (o.mode == RendererMode::automatic && !o.terminal.interactive) return std::make_unique<LinesRenderer>(out);
  return std::make_unique<BarRenderer>(out, o.terminal, o.clock ? o.clock : steady_seconds);
}

}  // namespace lehr
