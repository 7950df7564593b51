// latin_hypercube.h: a first design that covers every value's range (McKay, Beckman and Conover 1979).
#pragma once

#include "tune/oracles/draw.h"
#include "tune/oracles/oracle.h"

namespace lehr {

/// The next point of a design of `points`: each value's range is cut into so many equal parts, and of any `points` trials in a row that start at
/// a multiple of it each has a part of its own. Where in its part, `draw` says. After `points` the design begins again.
Values latin_hypercube_values(const Question& question, OracleStream stream, std::size_t points, Draw& draw);

}  // namespace lehr
