#include "tune/quantities.h"

#include <utility>
#include <vector>

#include "engine/number_text.h"
#include "kernels/error.h"

namespace lehr {
namespace {

double with_unit(const std::string& text, const std::string& where, const std::vector<std::pair<std::string, double>>& units,
                 const std::string& expected) {
  const auto end = text.find_first_not_of("0123456789.");
  const auto number = parse_number(text.substr(0, end));
  const std::string unit = end == std::string::npos ? "" : text.substr(end);
  for (const auto& [name, factor] : units)
    if (number && *number > 0 && name == unit) return *number * factor;
  throw Error({.category = Category::usage, .where = where, .what = "cannot read it", .expected = expected, .got = text});
}

}  // namespace

double seconds_from_text(const std::string& text, const std::string& where) {
  return with_unit(text, where, {{"", 1}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}}, "a time, as 90s, 10min or 2h");
}

double bytes_from_text(const std::string& text, const std::string& where) {
  return with_unit(text, where, {{"", 1}, {"B", 1}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}},
                   "a size, as 500MB or 5GB");
}

}  // namespace lehr
