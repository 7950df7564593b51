// face_draw.h: one picture of one person.
#pragma once

#include <cstdint>
#include <span>

#include "engine/data/face_person.h"

namespace lehr {

/// `pixels`: size x size x 3. `noise` names the picture's grain.
void draw_face(const Person& person, const Scene& scene, int size, RandomKey noise, std::uint64_t picture, std::span<std::uint8_t> pixels);

}  // namespace lehr
