// grid.h: the blocks of a launch, and where in our code it was asked for, so that an error can name the line.
#pragma once

#include <source_location>

namespace lehr {

template <class Dim3>
struct GridAt {
  Dim3 size;
  std::source_location where;
  // NOLINTBEGIN(google-explicit-constructor): launch(kernel, blocks, threads, ...) reads as CUDA's own
  GridAt(Dim3 blocks, std::source_location at = std::source_location::current()) : size(blocks), where(at) {}
  GridAt(unsigned blocks, std::source_location at = std::source_location::current()) : size(blocks), where(at) {}
  GridAt(int blocks, std::source_location at = std::source_location::current()) : size(static_cast<unsigned>(blocks)), where(at) {}
  // NOLINTEND(google-explicit-constructor)
};

}  // namespace lehr
