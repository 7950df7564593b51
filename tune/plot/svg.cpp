#include "tune/plot/svg.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "engine/data/image_write.h"
#include "tune/utf8.h"

namespace lehr::plot {

namespace {

/// At most two decimals, none that are zero.
std::string coordinate(double value) {
  const double rounded = std::round(value * 100) / 100;
  return fmt::format("{:g}", rounded == 0 ? 0.0 : rounded);
}

/// & < > and what XML forbids.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string points_of(const std::vector<Point>& points) {
  std::string out;
  for (const Point p : points) out += (out.empty() ? "" : " ") + coordinate(p.x) + "," + coordinate(p.y);
  return out;
}

std::string opacity(const char* name, Color color) { return color.alpha < 1 ? fmt::format(" {}=\"{:g}\"", name, color.alpha) : ""; }

std::string base64(const std::vector<std::byte>& bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U; };
    const std::uint32_t word = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : alphabet[word >> (18 - 6 * k) & 63U];
  }
  return out;
}

struct Writer {
  std::string& out;

  void operator()(const Line& line) const {
    std::string dashes;
    for (const double d : line.dashes) dashes += (dashes.empty() ? "" : ",") + coordinate(d);
    if (!dashes.empty()) dashes = fmt::format(" stroke-dasharray=\"{}\"", dashes);
    out += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\"{} stroke-width=\"{:g}\" stroke-linejoin=\"round\"{}/>\n",
                       points_of(line.points), hex(line.color), opacity("stroke-opacity", line.color), line.width, dashes);
  }
  void operator()(const Area& area) const {
    out += fmt::format("<polygon points=\"{}\" fill=\"{}\"{}/>\n", points_of(area.points), hex(area.color),
                       opacity("fill-opacity", area.color));
  }
  void operator()(const Disc& d) const {
    const std::string edge = d.edge_width > 0 ? fmt::format(R"( stroke="{}" stroke-width="{:g}")", hex(d.edge), d.edge_width) : "";
    out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{:g}\" fill=\"{}\"{}/>\n", coordinate(d.center.x), coordinate(d.center.y), d.radius,
                       hex(d.color), edge);
  }
  void operator()(const Label& l) const {
    constexpr std::array<const char*, 3> anchors{"start", "middle", "end"};
    const std::string x = coordinate(l.at.x);
    const std::string y = coordinate(l.at.y);
    out += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{:g}\" text-anchor=\"{}\" fill=\"{}\"{}{}>{}</text>\n", x, y, l.size,
                       anchors.at(static_cast<std::size_t>(l.align)), hex(l.color), l.bold ? " font-weight=\"bold\"" : "",
                       l.upward ? fmt::format(" transform=\"rotate(-90 {} {})\"", x, y) : "", escaped(l.text));
  }
  void operator()(const Picture& p) const {
    out += fmt::format(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
        "href=\"data:image/png;base64,{}\"/>\n",
        coordinate(p.box.left), coordinate(p.box.top), coordinate(p.box.width()), coordinate(p.box.height()), base64(encode_png(p.image)));
  }
};

}  // namespace

std::string to_svg(const Drawing& drawing) {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
      "font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"{2}\"/>\n",
      drawing.width, drawing.height, hex(drawing.background));
  for (const auto& mark : drawing.marks) std::visit(Writer{out}, mark);
  return out + "</svg>\n";
}

}  // namespace lehr::plot
