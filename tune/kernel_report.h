// kernel_report.h: rows of `bench kernels` as a file of commas and as a picture.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "kernels/bench.h"
#include "tune/plot/figure.h"

namespace lehr {

/// Columns: family,problem,variant,device,median_s,fastest_s,gflops,roof_gflops,gb_s,roof_gb_s,roof_s,fraction_of_roof.
std::string kernel_csv(std::span<const BenchRow> rows);

/// A panel a family, a bar a row, coloured by implementation: percent of the roof that the median reaches.
plot::Figure kernel_picture(std::span<const BenchRow> rows);

/// Throws Error{usage} unless the file ends in .svg or .png.
void check_picture_name(const std::filesystem::path& file);
void write_kernel_picture(std::span<const BenchRow> rows, const std::filesystem::path& file);

}  // namespace lehr
