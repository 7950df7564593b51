// names.h: names that compare without case and underscores, and the nearest known ones to a mistyped name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

std::string name_key(std::string_view name);  ///< lower case, without underscores: `ReduceLROnPlateau` = `reduce_lr_on_plateau`
bool same_name(std::string_view a, std::string_view b);

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Candidates that `name` may have meant, best first; empty where none is near. Also for flags, files and monitors.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates, std::size_t limit = 3);

std::string joined(const std::vector<std::string>& names, std::string_view separator = ", ");  ///< `a, b, c`
std::string one_of(const std::vector<std::string>& names);                                     ///< `a, b or c`
std::string did_you_mean(const std::vector<std::string>& names);                               ///< `Did you mean a or b?`, or nothing

}  // namespace lehr
