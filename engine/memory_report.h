// memory_report.h: what to say where memory did not suffice: the bytes of every buffer.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "kernels/backend.h"

namespace lehr {

/// A piece of memory, and the largest of what lies in it.
struct MemoryLine {
  std::string name = {};
  std::size_t bytes = 0;
  std::vector<MemoryLine> parts = {};
};

/// A line each, bytes right-aligned; of parts the twelve largest, and how many more there are.
std::string memory_table(const std::vector<MemoryLine>& lines);

/// Buffer(backend, bytes). Where the device is out of memory, the Error's hint goes on with the table of `all`, which is asked only then.
Buffer allocate(Backend& backend, std::size_t bytes, const std::function<std::vector<MemoryLine>()>& all);

}  // namespace lehr
