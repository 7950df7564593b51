#include "tune/plan_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/bench.h"
#include "tune/format.h"

namespace lehr {

namespace {

std::string names_of(const Plan& plan, const std::vector<Value>& values) {
  std::string out;
  for (const Value v : values)
    if (v) out += (out.empty() ? "" : ", ") + plan.values()[static_cast<std::size_t>(v.id)].name;
  return out;
}

double bytes_of(const Plan& plan, const PlanOp& op) {
  double sum = 0;
  for (const auto* values : {&op.reads, &op.writes})
    for (const Value v : *values)
      if (v) {
        const auto& info = plan.values()[static_cast<std::size_t>(v.id)];
        sum += static_cast<double>(info.count) * static_cast<double>(size_of(info.dtype));
      }
  return sum;
}

std::string flops_text(double flops) {
  if (flops == 0) return "-";
  return flops < 1e6   ? fmt::format("{:.1f} k", flops / 1e3)
         : flops < 1e9 ? fmt::format("{:.1f} M", flops / 1e6)
                       : fmt::format("{:.2f} G", flops / 1e9);
}
std::string seconds_text(double seconds) { return seconds == 0 ? "-" : fmt::format("{:.1f} us", seconds * 1e6); }

}  // namespace

PlanTable plan_table(const Plan& plan, Backend& backend, DType compute) {
  PlanTable table{.arena = plan.arena_bytes(), .naive = plan.naive_bytes(), .kept = plan.kept_bytes(), .flops = plan.flops()};
  for (const auto& op : plan.operations())
    table.lines.push_back({.operation = op.name,
                           .layer = op.layer,
                           .by = op.by,
                           .reads = names_of(plan, op.reads),
                           .writes = names_of(plan, op.writes),
                           .flops = op.flops,
                           .bytes = bytes_of(plan, op),
                           .scratch = op.workspace_bytes});
  if (backend.kind() == DeviceKind::cpu) {
    Roof roof(static_cast<Cpu&>(backend));
    for (auto& line : table.lines) {
      line.floor_s = std::max(line.flops / roof.flops(compute), line.bytes / roof.bandwidth(line.bytes));
      table.floor_s += line.floor_s;
    }
  }
  for (const auto& value : plan.values())
    if (value.storage == Storage::arena && value.alias_of < 0 && value.first >= 0)
      table.buffers.push_back({.name = value.name,
                               .count = value.count,
                               .dtype = value.dtype,
                               .offset = value.offset,
                               .bytes = static_cast<std::size_t>(value.count) * size_of(value.dtype),
                               .first = value.first,
                               .last = value.last});
  std::stable_sort(table.buffers.begin(), table.buffers.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return table;
}

std::string plan_text(const PlanTable& table) {
  std::size_t operation = 20, layer = 20, by = 8;  // letters of the columns
  for (const auto& l : table.lines) {
    operation = std::max(operation, l.operation.size());
    layer = std::max(layer, l.layer.size());
    by = std::max(by, l.by.size());
  }
  std::string out = fmt::format("{:>4} {:<{}} {:<{}} {:<{}} {:>10} {:>10} {:>10} {:>11}  {}\n", "", "operation", operation, "layer", layer,
                                "by", by, "flop", "bytes", "scratch", "floor", "reads -> writes");
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const auto& l = table.lines[i];
    out += fmt::format("{:>4} {:<{}} {:<{}} {:<{}} {:>10} {:>10} {:>10} {:>11}  {} -> {}\n", i, l.operation, operation, l.layer, layer,
                       l.by.empty() ? "-" : l.by, by, flops_text(l.flops), bytes_text(l.bytes),
                       l.scratch == 0 ? "-" : bytes_text(static_cast<double>(l.scratch)), seconds_text(l.floor_s), l.reads, l.writes);
  }
  out += fmt::format("\n{:>12} {:>10} {:<9} {:>12} {:>13}  {}\n", "offset", "bytes", "type", "elements", "operations", "buffer");
  for (const auto& b : table.buffers)
    out += fmt::format("{:>12} {:>10} {:<9} {:>12} {:>13}  {}\n", b.offset, bytes_text(static_cast<double>(b.bytes)), name_of(b.dtype),
                       count_text(b.count), fmt::format("{}-{}", b.first, b.last), b.name);
  out += fmt::format("\narena {} (each value by itself: {}), packed weights and sums {}, {:.3f} GFLOP",
                     bytes_text(static_cast<double>(table.arena)), bytes_text(static_cast<double>(table.naive)),
                     bytes_text(static_cast<double>(table.kept)), table.flops / 1e9);
  if (table.floor_s > 0)
    out += fmt::format("; floor of a step {:.3f} ms: each operation at this machine's measured peak or bandwidth", table.floor_s * 1e3);
  return out + "\n";
}

JsonValue plan_json(const PlanTable& table) {
  auto operations = JsonValue::array(), buffers = JsonValue::array();
  for (const auto& l : table.lines)
    operations.push_back(JsonValue::object({{"operation", l.operation},
                                            {"layer", l.layer},
                                            {"by", l.by.empty() ? JsonValue() : JsonValue(l.by)},
                                            {"reads", l.reads},
                                            {"writes", l.writes},
                                            {"flops", l.flops},
                                            {"bytes", l.bytes},
                                            {"scratch_bytes", l.scratch},
                                            {"floor_s", l.floor_s > 0 ? JsonValue(l.floor_s) : JsonValue()}}));
  for (const auto& b : table.buffers)
    buffers.push_back(JsonValue::object({{"name", b.name},
                                         {"dtype", std::string(name_of(b.dtype))},
                                         {"elements", b.count},
                                         {"offset", b.offset},
                                         {"bytes", b.bytes},
                                         {"first_operation", b.first},
                                         {"last_operation", b.last}}));
  return JsonValue::object({{"operations", operations},
                            {"buffers", buffers},
                            {"arena_bytes", table.arena},
                            {"naive_bytes", table.naive},
                            {"kept_bytes", table.kept},
                            {"flops", table.flops},
                            {"floor_s", table.floor_s > 0 ? JsonValue(table.floor_s) : JsonValue()}});
}

}  // namespace lehr
