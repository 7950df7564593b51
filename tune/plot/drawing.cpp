#include "tune/plot/drawing.h"

namespace lehr::plot {

Area rectangle(Box box, Color color) {
  return {.points = {{box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}}, .color = color};
}

}  // namespace lehr::plot
