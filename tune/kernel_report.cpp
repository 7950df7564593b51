#include "tune/kernel_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/data/csv.h"
#include "kernels/error.h"
#include "tune/format.h"

namespace lehr {

std::string kernel_csv(std::span<const BenchRow> rows) {
  std::string out = "family,problem,variant,device,median_s,fastest_s,gflops,roof_gflops,gb_s,roof_gb_s,roof_s,fraction_of_roof\n";
  for (const BenchRow& r : rows) {
    for (const std::string& field : {r.family, r.problem, r.variant, r.device}) out += csv_field(field) + ",";
    out += fmt::format("{},{},{},{},{},{},{},{}\n", repr(r.median_s), repr(r.fastest_s), repr(r.gflops), repr(r.roof_gflops), repr(r.gb_s),
                       repr(r.roof_gb_s), repr(r.roof_s), repr(r.fraction_of_roof));
  }
  return out;
}

plot::Figure kernel_picture(std::span<const BenchRow> rows) {
  constexpr double bar_width = 26, margin = 80;
  plot::Figure figure{.columns = 1, .panel_height = 420};
  if (!rows.empty()) figure.title = "Percent of the roof, " + rows.front().device;
  std::vector<std::string> families, variants;
  const auto place = [](std::vector<std::string>& names, const std::string& name) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    names.push_back(name);
    return names.size() - 1;
  };
  for (const BenchRow& r : rows) {
    const std::size_t at = place(families, r.family);
    if (at == figure.panels.size())
      figure.panels.emplace_back(plot::BarPanel{.title = r.family, .y_label = "% of roof", .reference = 100.0, .reference_name = "roof"});
    std::get<plot::BarPanel>(figure.panels[at])
        .bars.push_back({.name = r.problem, .value = 100 * r.fraction_of_roof, .color = plot::series_color(place(variants, r.variant))});
  }
  for (const plot::Panel& panel : figure.panels)
    figure.panel_width =
        std::max(figure.panel_width, margin + bar_width * static_cast<double>(std::get<plot::BarPanel>(panel).bars.size()));
  return figure;
}

void check_picture_name(const std::filesystem::path& file) {
  if (file.extension() != ".svg" && file.extension() != ".png")
    throw Error({.category = Category::usage,
                 .where = "--picture",
                 .what = "the picture's kind is not known",
                 .expected = "a file ending in .svg or .png",
                 .got = file.string()});
}

void write_kernel_picture(std::span<const BenchRow> rows, const std::filesystem::path& file) {
  check_picture_name(file);
  const bool svg = file.extension() == ".svg";
  plot::write_figure(kernel_picture(rows), svg ? file : "", svg ? "" : file);
}

}  // namespace lehr
