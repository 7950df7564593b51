// digits_data.h: the bundled digits, packed as tests/golden/make_digits_data.py says.
#pragma once

#include <string_view>

namespace lehr {

extern const std::string_view digits_base85;

}  // namespace lehr
