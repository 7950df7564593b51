#include "engine/spec/names.h"

#include <algorithm>
#include <cctype>

namespace lehr {

std::string name_key(std::string_view name) {
  std::string key;
  for (const char c : name)
    if (c != '_') key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

bool same_name(std::string_view a, std::string_view b) { return name_key(a) == name_key(b); }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    std::swap(two_above, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates, std::size_t limit) {
  constexpr std::size_t longest_name = 64;  // what is longer is no mistyped name
  const std::string key = name_key(name.substr(0, longest_name));
  std::vector<std::pair<std::size_t, const std::string*>> found;
  for (const auto& candidate : candidates) {
    const std::string other = name_key(candidate);
    std::size_t distance = edit_distance(key, other);
    // A part of the name (`conv` for conv2d, `cosine` for cosine_decay) is nearer than its length tells.
    const std::size_t shorter = std::min(key.size(), other.size());
    const bool part = shorter >= 3 && (key.starts_with(other) || other.find(key) != std::string::npos);
    if (part) distance = std::min<std::size_t>(distance, 2);
    if (distance <= std::max<std::size_t>(1, (std::max(key.size(), other.size()) + 1) / 3)) found.emplace_back(distance, &candidate);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : found)
    if (names.size() < limit && std::find(names.begin(), names.end(), *candidate) == names.end()) names.push_back(*candidate);
  return names;
}

std::string joined(const std::vector<std::string>& names, std::string_view separator) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : std::string(separator)) + name;
  return text;
}

std::string one_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  return names.empty() ? std::string() : "Did you mean " + one_of(names) + "?";
}

}  // namespace lehr
