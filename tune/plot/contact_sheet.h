// contact_sheet.h: images in a grid with a line of text over each: the lecture's 3x3 picture, and what a network got wrong.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "engine/array.h"
#include "tune/plot/drawing.h"

namespace lehr::plot {

/// `images`: uint8 (n, height, width, 1 or 3). `titles`: one an image, or none; a '\n' makes a second line.
Drawing contact_sheet(const Array& images, std::span<const std::string> titles, std::int64_t columns, const std::string& title = {});
void write_contact_sheet(const Array& images, std::span<const std::string> titles, std::int64_t columns, const std::filesystem::path& png,
                         const std::string& title = {});

}  // namespace lehr::plot
