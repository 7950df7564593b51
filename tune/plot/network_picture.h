// network_picture.h: the graph of a network: a box a layer with its name, class, output shape and number of weights, arrows for what it takes.
#pragma once

#include "layers/network.h"
#include "tune/plot/drawing.h"

namespace lehr::plot {

Drawing network_picture(const BuiltNetwork& network);

}  // namespace lehr::plot
