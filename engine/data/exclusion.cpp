#include "engine/data/exclusion.h"

#include <algorithm>

#include "engine/atomic_file.h"
#include "engine/data/dataset.h"
#include "kernels/error.h"

namespace lehr {

namespace {

std::string_view name_in(std::string_view line) {
  line = line.substr(0, line.find('\t'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line.starts_with('#') ? std::string_view{} : line;
}

}  // namespace

std::string row_name(std::string_view part, std::int64_t row) { return std::string(part) + ':' + std::to_string(row); }

Exclusion::Exclusion(const std::vector<std::string>& names) {
  for (const auto& name : names) names_.emplace(name, false);
}

Exclusion Exclusion::read(const std::string& file) {
  const std::string text = read_file(file);
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (const auto name = name_in(std::string_view(text).substr(begin, end - begin)); !name.empty()) names.emplace_back(name);
    begin = end + 1;
  }
  if (names.empty())
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "names no sample",
                 .expected = "a name a line: Train/image_7.jpg, or Train:7 of arrays"});
  return Exclusion(names);
}

bool Exclusion::names(const std::string& sample) {
  const auto found = names_.find(sample);
  if (found == names_.end()) return false;
  found->second = true;
  return true;
}

void Exclusion::apply(DataSplits& data) {
  for (const auto& [part, name] : {std::pair{&data.train, "Train"}, {&data.validation, "Validation"}, {&data.test, "Test"}}) {
    if (!*part) continue;
    const Dataset& all = **part;
    std::vector<std::int64_t> kept;
    for (std::int64_t row = 0; row < all.size(); ++row)
      if (!names(all.files.empty() ? row_name(name, row) : all.files[static_cast<std::size_t>(row)])) kept.push_back(row);
    if (static_cast<std::int64_t>(kept.size()) == all.size()) continue;
    if (kept.empty())
      part->reset();
    else
      *part = all.take(kept);
  }
}

std::int64_t Exclusion::met() const {
  return std::count_if(names_.begin(), names_.end(), [](const auto& entry) { return entry.second; });
}

std::vector<std::string> Exclusion::unmet() const {
  std::vector<std::string> out;
  for (const auto& [name, found] : names_)
    if (!found) out.push_back(name);
  return out;
}

}  // namespace lehr
