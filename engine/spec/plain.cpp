#include "engine/spec/plain.h"

#include <cctype>
#include <cmath>
#include <optional>

#include "engine/number_text.h"

namespace lehr {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 1e-3, 1/255, 3%.
std::optional<double> number_of(std::string_view text) {
  std::optional<double> number;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto above = parse_number(text.substr(0, slash)), below = parse_number(text.substr(slash + 1));
    if (above && below && *below != 0) number = *above / *below;
  } else if (text.ends_with('%')) {
    if (const auto percent = parse_number(text.substr(0, text.size() - 1))) number = *percent / 100;
  } else {
    number = parse_number(text);
  }
  return number && std::isfinite(*number) ? number : std::nullopt;
}

/// 3x3, 100x100x3: whole numbers with x between them.
std::optional<SpecValue> size_of(std::string_view text) {
  SpecValue list{.kind = SpecKind::list, .text = std::string(text)};
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('x', start), text.size());
    const std::string_view part = text.substr(start, end - start);
    const auto number = !part.empty() && is_digit(part[0]) ? parse_integer(part) : std::nullopt;
    if (!number) return std::nullopt;
    list.items.push_back({.kind = SpecKind::number, .text = std::string(part), .number = static_cast<double>(*number)});
    start = end + 1;
  }
  if (list.items.size() < 2) return std::nullopt;
  return list;
}

bool equals(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  return true;
}

}  // namespace

SpecValue plain_value(std::string_view text) {
  if (const auto number = number_of(text)) return {.kind = SpecKind::number, .text = std::string(text), .number = *number};
  if (!text.empty() && is_digit(text[0])) {
    if (auto size = size_of(text)) return *std::move(size);
  }
  if (equals(text, "none")) return {};
  if (equals(text, "true")) return SpecValue::of(true);
  if (equals(text, "false")) return SpecValue::of(false);
  return SpecValue::word(text);
}

}  // namespace lehr
