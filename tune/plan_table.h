// plan_table.h: what a plan does and where its memory lies, line by line: `lehr summary --plan`.
#pragma once

#include <string>
#include <vector>

#include "engine/json.h"
#include "engine/plan.h"
#include "kernels/backend.h"

namespace lehr {

struct PlanLine {
  std::string operation = {}, layer = {};
  std::string by = {};                  ///< of convolutions and products: who computes them
  std::string reads = {}, writes = {};  ///< names of values
  double flops = 0;
  double bytes = 0;         ///< each operand once
  std::size_t scratch = 0;  ///< bytes
  double floor_s = 0;       ///< flops over the measured peak, or bytes over the measured bandwidth; 0: not known for this device
};
struct PlanBuffer {
  std::string name = {};
  std::int64_t count = 0;
  DType dtype = DType::f32;
  std::size_t offset = 0, bytes = 0;  ///< in the arena
  int first = -1, last = -1;          ///< operations, counted from 0, between which it is in use
};
struct PlanTable {
  std::vector<PlanLine> lines = {};
  std::vector<PlanBuffer> buffers = {};  ///< of the arena, by offset
  std::size_t arena = 0, naive = 0, kept = 0;
  double flops = 0, floor_s = 0;
};

/// Measures this machine's peak and bandwidth (about a second) where the plan is a CPU's.
PlanTable plan_table(const Plan& plan, Backend& backend, DType compute);
std::string plan_text(const PlanTable& table);
JsonValue plan_json(const PlanTable& table);

}  // namespace lehr
