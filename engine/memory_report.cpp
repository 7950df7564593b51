#include "engine/memory_report.h"

#include <algorithm>

#include "kernels/error.h"

namespace lehr {

namespace {

constexpr std::size_t most_parts = 12;

/// 1234567 -> "1 234 567"
std::string grouped(std::size_t bytes) {
  std::string out = std::to_string(bytes);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, " ");
  return out;
}

std::string line(std::size_t bytes, const std::string& name) {
  const std::string number = grouped(bytes);
  return "\n" + std::string(number.size() < 19 ? 19 - number.size() : 0, ' ') + number + "  " + name;
}

}  // namespace

std::string memory_table(const std::vector<MemoryLine>& lines) {
  std::string out;
  for (const MemoryLine& whole : lines) {
    if (whole.bytes == 0) continue;
    out += line(whole.bytes, whole.name);
    auto parts = whole.parts;
    std::ranges::stable_sort(parts, std::ranges::greater{}, &MemoryLine::bytes);
    std::size_t rest = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i < most_parts)
        out += line(parts[i].bytes, "  " + parts[i].name);
      else
        rest += parts[i].bytes;
    }
    if (rest > 0) out += line(rest, "  " + std::to_string(parts.size() - most_parts) + " more");
  }
  return out;
}

Buffer allocate(Backend& backend, std::size_t bytes, const std::function<std::vector<MemoryLine>()>& all) {
  try {
    return {backend, bytes};
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    if (info.category != Category::device) throw;
    info.hint += " It was for, in bytes:" + memory_table(all());
    throw Error(std::move(info));
  }
}

}  // namespace lehr
