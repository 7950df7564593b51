#include "tune/plot/drawing.h"

#include <utility>

namespace lehr::plot {

Area rectangle(Box box, Color color) {
  return {.points = {{box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}}, .color = color};
}

void Drawing::add(Mark mark) { marks.push_back(std::move(mark)); }

}  // namespace lehr::plot
