#include "engine/spec/catalogue.h"

#include "engine/spec/names.h"

namespace lehr {

std::ptrdiff_t find_entry(std::string_view name, const std::vector<std::vector<std::string>>& names) {
  const std::string key = name_key(name);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const auto& answers : names[i])
      if (name_key(answers) == key) return static_cast<std::ptrdiff_t>(i);
  return -1;
}

namespace {

/// The nearest entries by their printed names; all of them where none is near.
ErrorInfo unknown_name(std::string_view name, std::string_view kind, const std::vector<std::vector<std::string>>& names) {
  std::vector<std::string> all, printed, near;
  for (const auto& answers : names) {
    printed.push_back(answers.front());
    all.insert(all.end(), answers.begin(), answers.end());
  }
  for (const auto& found : nearest(name.substr(0, name.find('(')), all, 8)) {
    const auto& shown = names[static_cast<std::size_t>(find_entry(found, names))].front();
    bool known = false;
    for (const auto& n : near) known = known || n == shown;
    if (!known && near.size() < 3) near.push_back(shown);
  }
  return {.what = "unknown " + std::string(kind) + " '" + std::string(name.substr(0, 60)) + "'",
          .expected = near.empty() ? one_of(printed) : std::string(),
          .hint = did_you_mean(near)};
}

}  // namespace

std::size_t find_entry(const SpecValue& value, std::string_view kind, const std::vector<std::vector<std::string>>& names) {
  if (!value.named() && !value.is(SpecKind::string)) {
    const bool vowel = !kind.empty() && std::string_view("aeiou").find(kind[0]) != std::string_view::npos;
    throw wrong_type(value, (vowel ? "an " : "a ") + std::string(kind));
  }
  const auto i = find_entry(value.text, names);
  if (i < 0) throw spec_error(value, unknown_name(value.text, kind, names));
  return static_cast<std::size_t>(i);
}

}  // namespace lehr
