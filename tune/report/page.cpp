#include "tune/report/page.h"

#include <fmt/format.h>

#include "tune/plot/svg.h"

namespace lehr {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "DejaVu Sans", Verdana, sans-serif; color: #262626; background: #fff; margin: 0 auto; max-width: 1080px; padding: 0 16px 48px; }
h1 { font-size: 1.6rem; margin: 24px 0 4px; } h2 { font-size: 1.3rem; margin: 40px 0 8px; border-bottom: 2px solid #1f53d6; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 24px 0 6px; } p { margin: 6px 0; }
.verdict { background: #eef3ff; border-left: 4px solid #1f53d6; padding: 8px 12px; }
.numbers { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; padding: 0; list-style: none; }
.numbers li { border: 1px solid #c9cfda; border-radius: 6px; padding: 6px 12px; } .numbers b { display: block; font-size: 1.2rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 8px; }
.wide { overflow-x: auto; } svg { max-width: 100%; height: auto; display: block; }
table { border-collapse: collapse; font-size: .9rem; } th, td { padding: 3px 10px 3px 0; text-align: left; border-bottom: 1px solid #e1e4ea; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } tr.unbeaten { background: #f0f7ec; }
pre { background: #f6f7f9; border: 1px solid #e1e4ea; padding: 10px; overflow-x: auto; font: .82rem/1.45 "DejaVu Sans Mono", monospace; }
details summary { cursor: pointer; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } pre { white-space: pre-wrap; overflow-wrap: anywhere; } details::details-content { content-visibility: visible; display: block; block-size: auto; } h2, h3 { break-after: avoid; } svg, table { break-inside: avoid; } .wide { overflow: visible; } }
)";

}  // namespace

std::string page_begin(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\">\n<title>" +
         html_text(title) + "</title>\n<style>" + style + "</style></head><body>\n<h1>" + html_text(title) + "</h1>\n";
}

std::string panels(const plot::Figure& figure) {
  const bool one_below_the_other = figure.columns == 1 && figure.panels.size() > 1;
  std::string out = one_below_the_other ? "<div>" : "<div class=\"panels\">";
  for (const auto& panel : figure.panels)
    out +=
        plot::to_svg(plot::draw({.panels = {panel}, .columns = 1, .panel_width = figure.panel_width, .panel_height = figure.panel_height}));
  return out + "</div>\n";
}

std::string cell(const std::string& text, bool number) {
  return fmt::format("<td{}>{}</td>", number ? " class=\"n\"" : "", html_text(text));
}

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

}  // namespace lehr
