// plain.h: what an unquoted value is: a number, 3x3, true, false, none, else a word.
#pragma once

#include <string_view>

#include "engine/spec/value.h"

namespace lehr {

/// Without place; `text` has no blanks at its ends.
SpecValue plain_value(std::string_view text);

}  // namespace lehr
