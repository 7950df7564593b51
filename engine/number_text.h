// number_text.h: numbers as text that reads back to the same bits, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lehr {

/// The shortest text that reads back to the same number, as Python's repr: `0.001`, `1e-07`, `10.0`, `nan`, `inf`.
std::string number_text(double value);
std::string number_text(float value);

/// The whole text as a decimal number (`1`, `.5`, `-2e-3`); nothing where it is none, or where it overflows. No `nan`, no `inf`.
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace lehr
