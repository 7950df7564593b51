#include "tune/plot/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "kernels/error.h"
#include "tune/plot/figure.h"
#include "tune/plot/outline_font.h"

namespace lehr::plot {

namespace {

constexpr double gap = 14;
constexpr double line_height = 17;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out{""};
  for (const char c : text) {
    if (c == '\n') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

void check(const Array& images) {
  const auto& s = images.shape();
  if (images.dtype() != DType::u8 || s.rank() != 4 || (s[3] != 1 && s[3] != 3))
    throw Error({.category = Category::data,
                 .where = "contact sheet",
                 .what = "these are no images",
                 .expected = "uint8 (n, height, width, 1 or 3)",
                 .got = std::string(name_of(images.dtype())) + " " + s.text()});
}

Picture picture_of(const Array& images, std::int64_t i, Box box) {
  const auto& s = images.shape();
  return {.image = images.rows(i, i + 1).reshaped({s[1], s[2], s[3]}), .box = box};
}

}  // namespace

Drawing contact_sheet(const Array& images, std::span<const std::string> titles, std::int64_t columns, const std::string& title) {
  check(images);
  const auto count = images.rows();
  columns = std::clamp<std::int64_t>(columns, 1, std::max<std::int64_t>(1, count));
  const auto rows = std::max<std::int64_t>(1, (count + columns - 1) / columns);
  // Small images grow by a whole factor, so that every pixel keeps the same size.
  const auto longer = static_cast<double>(std::max(images.shape()[1], images.shape()[2]));
  const double zoom = longer < 170 ? std::max(1.0, std::round(170 / longer)) : 170 / longer;
  const double width = static_cast<double>(images.shape()[2]) * zoom;
  const double height = static_cast<double>(images.shape()[1]) * zoom;
  std::size_t lines = 0;
  for (const auto& t : titles) lines = std::max(lines, lines_of(t).size());
  const double text_height = static_cast<double>(lines) * line_height + (lines > 0 ? 4 : 0);
  const double head = title.empty() ? gap : 44;
  Drawing out{.width = static_cast<double>(columns) * (width + gap) + gap,
              .height = head + static_cast<double>(rows) * (height + text_height + gap)};
  if (!title.empty())
    out.add(Label{.text = title,
                  .at = {out.width / 2, 28},
                  .size = std::min(16.0, 16 * (out.width - 2 * gap) / std::max(1.0, text_width(title, 16, true))),
                  .align = Align::center,
                  .bold = true});
  for (std::int64_t i = 0; i < count; ++i) {
    const double left = gap + static_cast<double>(i % columns) * (width + gap);
    const std::int64_t line = i / columns;
    double top = head + static_cast<double>(line) * (height + text_height + gap);
    if (static_cast<std::size_t>(i) < titles.size())
      for (const auto& line : lines_of(titles[static_cast<std::size_t>(i)])) {
        const double size = std::min(13.0, 13 * (width + gap - 4) / std::max(1.0, text_width(line, 13)));
        top += line_height;
        out.add(Label{.text = line, .at = {left + width / 2, top - 3}, .size = size, .align = Align::center});
      }
    top = head + static_cast<double>(line) * (height + text_height + gap) + text_height;
    out.add(picture_of(images, i, {left, top, left + width, top + height}));
  }
  return out;
}

void write_contact_sheet(const Array& images, std::span<const std::string> titles, std::int64_t columns, const std::filesystem::path& png,
                         const std::string& title) {
  write_drawing(contact_sheet(images, titles, columns, title), {}, png);
}

}  // namespace lehr::plot
